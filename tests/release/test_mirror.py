"""A mirror of one's own: filled by the installed collection, and enough for a machine that has nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.release.conftest import ROOT, Environment

sys.path.insert(0, str(ROOT / "lab"))
from localcloud import services

from tests.release.plain_machine import plain_machine

WHEEL = "resolvelib"
PACKAGE = "jq"  # not in the base image, with two libraries that are not either
ARCHIVE = "node_exporter/1.12.1/node_exporter-1.12.1.linux-amd64.tar.gz"


@pytest.fixture
def signing_home(tmp_path: Path) -> Path:
    """A GnuPG home with the operator's key."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    new_key = ("--quick-generate-key", "Mirror <mirror@example.org>", "ed25519", "sign", "never")
    command = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", *new_key]
    subprocess.run(command, check=True, capture_output=True)
    return home


def locked(name: str) -> str:
    """The lines of one package in requirements.txt, with its hashes."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}==.*?(?=^\S)", text + "\n#", re.S | re.M)
    assert found
    return found.group(0)


@pytest.mark.parametrize("environment", ["locked"], indirect=True)
def test_mirror_is_filled_once_and_serves_a_machine_without_internet(
    environment: Environment, signing_home: Path, tmp_path: Path
) -> None:
    mirror, requirements = tmp_path / "mirror", tmp_path / "requirements.txt"
    mirror.mkdir()
    requirements.write_text(locked(WHEEL))
    settings = {
        "mirror_destination": mirror,
        "mirror_cache": tmp_path / "cache",
        "mirror_sources": [str(services.MIRROR_DIRECTORY)],
        "mirror_apt_packages": [PACKAGE],
        "mirror_apt_signing_key": "mirror@example.org",
        "mirror_apt_signing_home": signing_home,
        "mirror_wheels_requirements": requirements,
    }
    variables = environment.home / "mirror.yml"
    variables.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    checksums = f"@{services.MIRROR_DIRECTORY / 'checksums.yml'}"
    command = ("ansible-playbook", "selfhosted.monitoring.mirror", "-e", f"@{variables}", "-e", checksums)
    network = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}

    checked = environment.run(*command, "--check", **network).stdout
    assert "changed=3" in checked, checked
    assert not list(mirror.iterdir())
    first = environment.run(*command, **network).stdout
    assert "changed=3" in first, first
    second = environment.run(*command, **network).stdout
    assert "changed=0" in second, second

    with plain_machine(tmp_path, mirror) as machine:
        machine.run(
            f"curl -fsS {machine.mirror}/apt/key.asc -o /etc/apt/keyrings/mirror.asc;"
            "rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*;"
            f"echo 'deb [signed-by=/etc/apt/keyrings/mirror.asc] {machine.mirror}/apt ./' > /etc/apt/sources.list;"
            f"apt-get -q update; apt-get -qy install {PACKAGE}"
        )
        assert machine.run(f"{PACKAGE} --version").startswith("jq-")
        assert "node_exporter" in machine.run(f"curl -fsS {machine.mirror}/{ARCHIVE} | tar -tz")
        target = tmp_path / "installed"
        install = [sys.executable, "-m", "pip", "install", "-q", "--isolated", "--require-hashes", "--target", target]
        trusted = ["--trusted-host", urlsplit(machine.mirror).hostname]
        index = ["--index-url", f"{machine.mirror}/wheels/", *trusted]
        subprocess.run([*install, *index, "-r", requirements], check=True)
        assert (target / WHEEL).is_dir()
