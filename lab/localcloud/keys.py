"""The lab's SSH key: what Terraform gives to EC2 as the key pair, and Ansible logs in with."""

import subprocess
from pathlib import Path

from localcloud import paths

PRIVATE = paths.STATE / "ssh" / "id_ed25519"


def ensure(private: Path = PRIVATE) -> str:
    """Make the key where there is none and return the public half."""
    paths.private_directory(private.parent)
    public = private.with_name(f"{private.name}.pub")
    if not (private.exists() and public.exists()):
        private.unlink(missing_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "monitoring-lab", "-f", str(private)], check=True
        )
    return public.read_text(encoding="utf-8").strip()
