"""A machine that no lab knows of: a container of the machines' base image, with SSH and a mirror in reach."""

from __future__ import annotations

import http.server
import os
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from localcloud import image, services

# The flags that systemd needs in a container (DESIGN, section 6).
FLAGS = (
    "--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW", "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined", "--cgroupns=host", "-v=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs=/run", "--tmpfs=/tmp:exec",
)  # fmt: skip
INSIDE = """
set -e
install -d -m 0700 -o admin -g admin /home/admin/.ssh
install -m 0600 -o admin -g admin /dev/stdin /home/admin/.ssh/authorized_keys
ssh-keygen -A >/dev/null
# Without host keys it failed at boot. A second sshd would lose /run/sshd when systemd gives this one up.
systemctl reset-failed ssh.service
systemctl restart ssh.service
cat /etc/ssh/ssh_host_ed25519_key.pub
"""


@dataclass(frozen=True)
class PlainMachine:
    """Where it is, how to log in, and the mirror that it can reach."""

    address: str
    key: Path
    known_hosts: Path
    mirror: str

    def run(self, command: str) -> str:
        """Run a shell command there as root and return what it printed."""
        options = (
            "-o",
            f"UserKnownHostsFile={self.known_hosts}",
            "-o",
            "StrictHostKeyChecking=yes",
            "-i",
            str(self.key),
        )
        argv = ["ssh", *options, f"admin@{self.address}", "sudo", "sh", "-ec", shlex.quote(command)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout


def docker(*arguments: str, text: str | None = None) -> str:
    """Run docker and return what it printed."""
    done = subprocess.run(["docker", *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {arguments[0]}: {done.stderr}"
    return done.stdout.strip()


@contextmanager
def plain_machine(home: Path, mirrored: Path = services.MIRROR_DIRECTORY) -> Iterator[PlainMachine]:
    """Start one, and remove it at the end; keys go to `home`, and the directory `mirrored` is served to it."""
    key = home / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    # A network of its own: the engine's default one may be missing, or closed by other rules of the machine.
    network = docker("network", "create", f"plain-machine-{os.getpid()}")
    container = ""
    try:
        container = docker("run", "-d", f"--network={network}", *FLAGS, image.ensure(), "/sbin/init")
        shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}"
        address, gateway = docker("inspect", "-f", shown, container).split()
        _wait_for_systemd(container)
        host_key = docker("exec", "-i", container, "sh", "-c", INSIDE, text=key.with_suffix(".pub").read_text())
        (home / "known_hosts").write_text(f"{address} {' '.join(host_key.split()[:2])}\n")
        _wait_for_ssh(address)
        with _mirror(gateway, mirrored) as mirror:
            yield PlainMachine(address, key, home / "known_hosts", mirror)
    finally:
        if container:
            docker("rm", "-f", container)
        docker("network", "rm", network)


def _wait_for_systemd(container: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        state = subprocess.run(
            ["docker", "exec", container, "systemctl", "is-system-running"], capture_output=True, text=True, check=False
        ).stdout.strip()
        if state in ("running", "degraded"):
            return
        assert time.monotonic() < deadline, f"systemd is {state}"
        time.sleep(0.2)


def _wait_for_ssh(address: str) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection((address, 22), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"sshd does not listen on {address}"
            time.sleep(0.1)
        else:
            return


@contextmanager
def _mirror(address: str, directory: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer((address, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{address}:{server.server_port}"
        finally:
            server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
