"""What the lab needs of this machine, checked before anything is changed."""

import os
import shutil
import subprocess
from pathlib import Path

from localcloud import engine, paths
from localcloud.problems import LabError

# Programs and the Debian packages that bring them.
PACKAGES = {
    "ip": "iproute2", "nft": "nftables", "iptables": "iptables", "ssh": "openssh-client",
    "ssh-keygen": "openssh-client", "docker": "docker.io", "mmdebstrap": "mmdebstrap",
}  # fmt: skip
TERRAFORM_AT_LEAST = (1, 9)


def require_root() -> None:
    """Raise LabError unless this process is root's."""
    if os.geteuid() != 0:
        raise LabError("The lab makes bridges, routes and containers and needs root: sudo lab/lab up")


def ensure_programs() -> None:
    """Install the programs that are missing."""
    missing = sorted({package for program, package in PACKAGES.items() if shutil.which(program) is None})
    if missing:
        engine.install_packages(*missing)


def terraform() -> str:
    """Return the path of a Terraform that is new enough; raises LabError saying where to get it."""
    own = paths.cache() / "bin" / "terraform"
    found = shutil.which("terraform") or (str(own) if own.exists() else None)
    wanted = ".".join(str(part) for part in TERRAFORM_AT_LEAST)
    where = f"get it from https://developer.hashicorp.com/terraform/install and put it on PATH or at {own}"
    if found is None:
        raise LabError(f"Terraform {wanted} or newer is missing: {where}")
    out = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout
    version = terraform_version(out)
    if version < TERRAFORM_AT_LEAST:
        raise LabError(f"{found} is older than Terraform {wanted}: {where}")
    return found


def terraform_version(output: str) -> tuple[int, ...]:
    """Return the version in the output of `terraform version`, (0,) where there is none."""
    first = output.splitlines()[0] if output else ""
    digits = first.removeprefix("Terraform v").split("-")[0].split(".")
    return tuple(int(d) for d in digits) if all(d.isdigit() for d in digits) and len(digits) > 1 else (0,)


def check_kernel() -> None:
    """Raise LabError where the kernel lacks what the network needs."""
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False)
    if tables.returncode:
        raise LabError(
            f"This kernel or container has no nftables ({tables.stderr.strip()}); run the lab on a machine that has"
        )
    if not Path("/proc/sys/net/ipv4/ip_forward").exists():
        raise LabError("/proc/sys/net is not there; run the lab on a machine, not in a container without it")
