"""The Docker engine: used where one answers, installed and started where none does."""

import shutil
import subprocess
import time
from pathlib import Path

from localcloud.problems import LabError
from localcloud.processes import Process

OWN = Process("dockerd")
_CONTAINERD_WAIT = 40.0


def answers() -> bool:
    """Return whether a Docker engine answers."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def ensure() -> None:
    """Make a Docker engine answer: the machine's own, else one that is a child of the lab."""
    if answers():
        return
    if shutil.which("dockerd") is None:
        install_packages("docker.io")
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], capture_output=True, check=False)
        if answers():
            return
    OWN.start(["dockerd"])
    deadline = time.monotonic() + _CONTAINERD_WAIT
    while not answers():
        if OWN.pid is None:
            raise LabError(
                f"dockerd does not start; the end of {OWN.log}:\n{OWN.last_lines()}\n"
                "Start a Docker engine yourself (systemctl start docker) and run lab/lab up again."
            )
        if time.monotonic() > deadline:
            raise LabError(f"dockerd does not answer after {_CONTAINERD_WAIT:.0f} s; see {OWN.log}")
        time.sleep(0.3)


def install_packages(*names: str) -> None:
    """Install Debian packages; raises LabError naming them where apt cannot."""
    wanted = " ".join(names)
    if shutil.which("apt-get") is None:
        raise LabError(f"{wanted} is missing and this is no Debian system; install it and run lab/lab up again")
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "--no-install-recommends", *names]):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={"DEBIAN_FRONTEND": "noninteractive", "PATH": _PATH},
        )
        if done.returncode:
            raise LabError(f"{wanted} is missing and `{' '.join(command)}` failed:\n{done.stderr.strip()[-500:]}")


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
