"""The running lab as a stranger sees it: its status, its machines over SSH, and the playbooks run on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import testinfra
import testinfra.host

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "lab" / ".state"
SITE = ROOT / "playbooks" / "site.yml"
PLAYS = Path(__file__).parent / "plays"
KEY = STATE / "ssh" / "id_ed25519"
KNOWN_HOSTS = STATE / "known_hosts"


@dataclass(frozen=True)
class Machine:
    """A machine as `lab/lab status --json` tells of it."""

    name: str
    address: str
    zone: str
    instance_id: str
    region: str
    roles: tuple[str, ...]
    state: str


@dataclass(frozen=True)
class Run:
    """A finished ansible command: exit code, all it printed, and run_summary's figures."""

    code: int
    output: str
    seconds: float
    summary: dict[str, Any] = field(default_factory=dict)

    def recap(self) -> dict[str, dict[str, int]]:
        """The play recap: host -> counter -> number."""
        lines = self.output.rpartition("PLAY RECAP")[2].split("RUN SUMMARY")[0].splitlines()
        rows = (line.split(":", 1) for line in lines if " : ok=" in line)
        return {host.strip(): {k: int(v) for k, v in (p.split("=") for p in rest.split())} for host, rest in rows}

    def succeeded(self) -> Run:
        """Itself, or a failed test that shows the end of the output."""
        assert self.code == 0, f"ended with {self.code}:\n{self.output[-6000:]}"
        return self


class Lab:
    """The lab that runs on this machine."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._ssh_config = scratch / "ssh_config"
        self._ssh_config.write_text(ssh_config(scratch))
        self._connections: dict[str, testinfra.host.Host] = {}
        self.status: dict[str, Any] = self._status()

    @property
    def machines(self) -> list[Machine]:
        """All machines, in the order of the status."""
        return [
            Machine(region=region, roles=tuple(row["roles"]), **{k: v for k, v in row.items() if k != "roles"})
            for region, content in self.status["regions"].items()
            for row in content["hosts"]
        ]

    @property
    def inventory(self) -> Path:
        """The inventory source of the lab's profile."""
        return Path(self.status["inventory"])

    def machine(self, node: int, region: str) -> Machine:
        """The machine node-NODE of a region."""
        return next(one for one in self.machines if one.region == region and one.name.startswith(f"node-{node}."))

    def refresh(self) -> dict[str, Any]:
        """Read the status again and return it."""
        self.status = self._status()
        return self.status

    def _status(self) -> dict[str, Any]:
        done = self.lab("status", "--json", check=False)
        return dict(json.loads(done.stdout)) if done.stdout.startswith("{") else {"ready": False, "why": done.stderr}

    def lab(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the lab's own program."""
        done = subprocess.run([ROOT / "lab" / "lab", *arguments], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"lab {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    @contextmanager
    def fault(self, kind: str, *targets: str) -> Iterator[None]:
        """A fault for the time of a with block; healed whatever happens."""
        done = self.lab("fault", kind, *targets, check=False)
        try:
            assert done.returncode == 0, f"lab fault {kind} {' '.join(targets)}: {done.stdout}{done.stderr}"
            yield
        finally:
            # One that failed may hold all the same; one that was refused leaves nothing to heal.
            self.lab("heal", targets[0], check=done.returncode == 0)

    @contextmanager
    def fault_after(self, run: subprocess.Popen[str], mark: str, kind: str, target: str) -> Iterator[str]:
        """A fault at the task whose line has `mark`; yields what was read up to it.

        The run is held while the fault is made, so that it comes at this task however slow the machine is.
        """
        assert run.stdout is not None
        read = ""
        for line in run.stdout:
            read += line
            if mark in line:
                break
        run.send_signal(signal.SIGSTOP)
        try:
            with self.fault(kind, target):
                run.send_signal(signal.SIGCONT)
                yield read
        finally:
            run.send_signal(signal.SIGCONT)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment that `. lab/.state/environment` makes for Ansible and AWS clients."""
        values = dict(
            line.removeprefix("export ").split("=", 1)
            for line in (STATE / "environment").read_text().splitlines()
            if line.startswith("export ")
        )
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, **{k: v.strip("'\"") for k, v in values.items()}, "PATH": path, **more}

    def start(
        self, playbook: Path, *arguments: str, inventory: Path | None = None, **env: str
    ) -> subprocess.Popen[str]:
        """Start ansible-playbook; its output comes line by line."""
        command = ["ansible-playbook", "-i", str(inventory or self.inventory), str(playbook), *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment(**env), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def playbook(self, playbook: Path, *arguments: str, inventory: Path | None = None) -> Run:
        """Run a playbook to its end."""
        figures = self._scratch / f"summary-{time.monotonic_ns()}.json"
        start = time.monotonic()
        process = self.start(playbook, *arguments, inventory=inventory, MONITORING_RUN_SUMMARY_JSON=str(figures))
        output, _errors = process.communicate()
        summary = json.loads(figures.read_text()) if figures.exists() else {}
        return Run(process.returncode, output, time.monotonic() - start, summary)

    def site(self, *arguments: str) -> Run:
        """Run site.yml."""
        return self.playbook(SITE, *arguments)

    def connection(self, machine: Machine) -> testinfra.host.Host:
        """Testinfra over SSH with the host key verified, one connection a machine, as root."""
        if machine.instance_id not in self._connections:
            self._connections[machine.instance_id] = testinfra.get_host(
                f"ssh://admin@{machine.address}?ssh_config={self._ssh_config}&sudo=true", ssh_identity_file=str(KEY)
            )
        return self._connections[machine.instance_id]

    def ssh_argv(self, machine: Machine, command: str) -> list[str]:
        """The ssh command that runs a shell command on a machine as its admin user, for what runs beside a test."""
        return ["ssh", "-F", str(self._ssh_config), machine.address, command]

    def hang_up(self, machine: Machine) -> None:
        """Close the connection to a machine that loses power: it would wait for ever for its other end."""
        if self._connections.pop(machine.instance_id, None):
            command = ["ssh", "-F", self._ssh_config, "-O", "exit", machine.address]
            subprocess.run(command, capture_output=True, check=False)

    def run(self, machine: Machine, command: str) -> str:
        """Run a shell command on a machine as root and return what it printed; it must succeed."""
        done = self.connection(machine).run("sh -c %s", command)
        assert done.rc == 0, f"{machine.name}: {command}: {done.rc}: {done.stdout}{done.stderr}"
        return str(done.stdout).strip()


def ssh_options(known_hosts: Path = KNOWN_HOSTS) -> dict[str, str]:
    """Options of ssh under which a host whose key is not known, or another, is refused."""
    return {
        "User": "admin",
        "IdentityFile": str(KEY),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": "10",
        "LogLevel": "ERROR",
    }


def ssh_config(scratch: Path) -> str:
    """A configuration file for ssh that shares one connection a machine."""
    shared = {"ControlMaster": "auto", "ControlPersist": "60s", "ControlPath": str(scratch / "%C")}
    options = {**ssh_options(), **shared}
    return "Host *\n" + "".join(f"  {name} {value}\n" for name, value in options.items())


def ssh(address: str, command: Sequence[str], known_hosts: Path) -> subprocess.CompletedProcess[str]:
    """One ssh command with a known_hosts file of its own."""
    flags = [part for name, value in ssh_options(known_hosts).items() for part in ("-o", f"{name}={value}")]
    return subprocess.run(["ssh", "-F", "none", *flags, address, *command], capture_output=True, text=True, check=False)
