"""A cloud API of this test's own, and the Terraform root on it with the lab's variables."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from localcloud import preflight, services, terraform
from localcloud.problems import LabError

ROOT = Path(__file__).resolve().parents[2]
PROFILE = "compact"
START_WITHIN = 60.0
COMMAND_WITHIN = 600.0


@dataclass(frozen=True)
class Run:
    """A finished Terraform command: exit code and all it printed."""

    code: int
    output: str

    def succeeded(self) -> Run:
        """Itself, or a failed test that shows the end of the output."""
        assert self.code == 0, f"ended with {self.code}:\n{self.output[-6000:]}"
        return self


@dataclass(frozen=True)
class Deployment:
    """The root on an API: `state` has the API's profiles, `environment` is Terraform's."""

    state: Path
    environment: dict[str, str]
    regions: tuple[str, ...]

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client of the identity that Terraform has."""
        return boto3.Session(profile_name="terraform", region_name=region).client(service)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a Terraform command."""
        return subprocess.Popen(
            [preflight.terraform(), f"-chdir={terraform.ROOT}", *arguments],
            cwd=self.state, env={**os.environ, **self.environment}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *arguments: str) -> Run:
        """Run a Terraform command to its end."""
        with stopped(self.start(*arguments)) as process:
            output, _errors = process.communicate(timeout=COMMAND_WITHIN)
        return Run(process.returncode, output)

    def variables(self) -> list[str]:
        """The options of plan, apply and destroy."""
        return ["-no-color", "-parallelism=16", f"-var-file={terraform.variables_file(PROFILE)}"]

    def plan(self) -> Run:
        """Plan; exit code 0 says that nothing would change, 2 that something would."""
        return self.run("plan", "-detailed-exitcode", *self.variables())

    def initialise(self) -> None:
        """Prepare the directory of Terraform's data, which is not the checkout's."""
        backend = [f"-backend-config={name}={value}" for name, value in terraform.BACKEND.items()]
        self.run("init", "-no-color", "-lockfile=readonly", *backend).succeeded()
        self.run("workspace", "select", "-no-color", "-or-create", terraform.WORKSPACE).succeeded()

    def locks(self) -> list[dict[str, Any]]:
        """The locks that are held now, as Terraform describes them."""
        rows = self.client("dynamodb").scan(TableName=terraform.BACKEND["dynamodb_table"])["Items"]
        return [json.loads(row["Info"]["S"]) for row in rows if "Info" in row]


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the block; Terraform then ends its providers itself."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def serving(state: Path, port: int) -> Iterator[str]:
    """The lab's API on a loopback port, with its profiles in `state`/aws; yields its URL."""
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "localcloud.api", "--port", str(port)]
    command += ["--credentials", str(state / "aws"), "--endpoint-url", url]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lab")}
    log = state / "api.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=state, env=env, stdout=out, stderr=out, text=True)
    with stopped(process):
        deadline = time.monotonic() + START_WITHIN
        while not services.answers_http(f"{url}/_lab/ready"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"the API did not start:\n{log.read_text(encoding='utf-8')}")
            time.sleep(0.2)
        yield url


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
