"""The lab's services on the controller: how each is started, and when it is ready."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from localcloud import addresses, paths, record
from localcloud.problems import LabError
from localcloud.processes import Process, source_version

LAB = paths.CHECKOUT / "lab" / "localcloud"
MIRROR_DIRECTORY = paths.cache() / "artifacts" / "mirror"
CREDENTIALS = paths.STATE / "aws"


@dataclass(frozen=True)
class Service:
    """A process of the lab; one with `sources` is restarted where those changed."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    version: str = ""
    within: float = 60.0

    @property
    def process(self) -> Process:
        """The process behind it."""
        return Process(self.name)

    @property
    def running(self) -> bool:
        """Whether it is alive and ready."""
        return self.process.pid is not None and self.ready()

    def ensure(self) -> bool:
        """Start it if it does not run or runs old code; wait until it is ready; return whether it was started."""
        process = self.process
        if process.pid is not None and process.version != self.version:
            process.stop()
        started = process.pid is None
        if started:
            if self.name == "reconciler":
                record.RECORD.unlink(missing_ok=True)
            argv = [sys.executable, "-m", *self.argv]
            process.start(argv, {"PYTHONPATH": str(paths.CHECKOUT / "lab"), "PYTHONUNBUFFERED": "1"}, self.version)
        deadline = time.monotonic() + self.within
        while not self.ready():
            process.expect_alive()
            if time.monotonic() > deadline:
                raise LabError(
                    f"The lab's {self.name} is not ready after {self.within:.0f} s; the end of {process.log}:\n"
                    f"{process.last_lines()}"
                )
            time.sleep(0.1)
        return started


def answers_http(url: str) -> bool:
    """Return whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback and the lab's own
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def accepts(address: str, port: int) -> bool:
    """Return whether a TCP connection is accepted."""
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def reconciles() -> bool:
    """Return whether the reconciler finished a round lately."""
    return record.read().age < 60


def api() -> Service:
    """The AWS API. It holds the cloud's whole state in memory, so it is never restarted for newer code."""
    argv = (
        "localcloud.api",
        "--bind",
        "127.0.0.1",
        "--port",
        str(addresses.API_PORT),
        "--credentials",
        str(CREDENTIALS),
    )
    return Service("api", argv, lambda: answers_http(f"{addresses.API}/_lab/ready"))


def gateway() -> Service:
    """The fault proxy before the API."""
    argv = (
        "localcloud.gateway", "--listen", f"{addresses.CONTROLLER}:{addresses.GATEWAY_PORT}",
        "--control", f"127.0.0.1:{addresses.GATEWAY_CONTROL_PORT}", "--upstream", addresses.API,
    )  # fmt: skip
    version = source_version(LAB / "gateway.py")
    return Service("gateway", argv, lambda: answers_http(f"{addresses.GATEWAY_CONTROL}/faults"), version)


def dns() -> Service:
    """The resolver of the private zones."""
    argv = ("localcloud.dns", "--listen", addresses.DNS, "--upstream-desired", f"{addresses.API}/_lab/desired")
    version = source_version(LAB / "dns.py")
    return Service("dns", argv, lambda: accepts(addresses.CONTROLLER, addresses.DNS_PORT), version)


def mirror() -> Service:
    """The artifact mirror."""
    MIRROR_DIRECTORY.mkdir(parents=True, exist_ok=True)
    argv = (
        "localcloud.artifacts", "serve", "--directory", str(MIRROR_DIRECTORY),
        "--listen", f"{addresses.CONTROLLER}:{addresses.MIRROR_PORT}",
    )  # fmt: skip
    version = source_version(LAB / "artifacts")
    return Service("mirror", argv, lambda: accepts(addresses.CONTROLLER, addresses.MIRROR_PORT), version)


def machines() -> Service:
    """The reconciler; a restart of it disturbs no machine."""
    sources = [file for file in LAB.glob("*.py") if file.name not in {"gateway.py", "dns.py", "cli.py", "up.py"}]
    return Service("reconciler", ("localcloud.reconciler",), reconciles, source_version(*sorted(sources)))


def every() -> list[Service]:
    """Return all services, in the order of their starting."""
    return [api(), gateway(), dns(), mirror(), machines()]


def build_artifacts(within_up: bool = False) -> None:
    """Fill the artifact mirror; on the terminal, or as a step of `up` with its output in a log."""
    argv = [sys.executable, "-m", "localcloud.artifacts", "build"]
    env = {"PYTHONPATH": str(paths.CHECKOUT / "lab")}
    if not within_up:
        if subprocess.run(argv, env={**os.environ, **env}, check=False).returncode:
            raise LabError("The artifact mirror could not be filled; the reason stands above")
        return
    process = Process("artifacts")
    if process.run(argv, env):
        raise LabError(f"The artifact mirror could not be filled; the end of {process.log}:\n{process.last_lines(20)}")
