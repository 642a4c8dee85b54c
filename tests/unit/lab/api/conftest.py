"""One API process for this folder's tests: in-process, its patches would change moto for all other tests."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.loaders import create_loader

CHECKOUT = Path(__file__).resolve().parents[4]
START_SECONDS = 60
LOADER = create_loader()  # shared, since it parses a service's model once


@dataclass(frozen=True)
class Api:
    """A running API process."""

    url: str
    credentials: Path

    def get(self, path: str) -> tuple[int, bytes]:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.url}{path}", data=body, method=method, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def desired(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.get("/_lab/desired")[1])
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    directory = tmp_path_factory.mktemp("lab-api")
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}", directory / "aws")
    command = [sys.executable, "-m", "localcloud.api", "--port", str(port)]
    command += ["--credentials", str(api.credentials), "--endpoint-url", api.url]
    environment = {"PYTHONPATH": str(CHECKOUT / "lab"), "PATH": os.environ["PATH"], "HOME": str(directory)}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=directory)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _ready(api):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the API did not start:\n{(directory / 'log').read_text()}")
                time.sleep(0.1)
            yield api
        finally:
            process.terminate()
            assert process.wait(timeout=15) == 0
            shutil.rmtree(api.credentials)


def _ready(api: Api) -> bool:
    try:
        return api.get("/_lab/ready")[0] == 200
    except OSError:
        return False


Client = Callable[..., Any]


@pytest.fixture(scope="session")
def clients(api: Api) -> Client:
    """Make clients under the API's profiles, each once: botocore takes a third of a second to make one."""

    @cache
    def session(profile: str) -> boto3.Session:
        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", LOADER)
        return boto3.Session(botocore_session=core)

    @cache
    def make(service: str, profile: str = "terraform", region: str = "us-east-1") -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_CONFIG_FILE", str(api.credentials / "config"))
            patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(api.credentials / "credentials"))
            patch.delenv("AWS_ACCESS_KEY_ID", raising=False)
            patch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
            config = Config(retries={"total_max_attempts": 1})
            return session(profile).client(service, region_name=region, config=config)

    return make


@pytest.fixture
def client(clients: Client) -> Client:
    return clients


@dataclass(frozen=True)
class Network:
    """A VPC with one subnet and one security group."""

    region: str
    vpc: str
    subnet: str
    security_group: str


@pytest.fixture
def network(client: Client) -> Callable[..., Network]:
    """Make networks, each with a CIDR of its own."""

    def make(cidr: str, region: str = "us-east-1") -> Network:
        ec2 = client("ec2", region=region)
        vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{region}a")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName=f"g-{vpc}", Description="x", VpcId=vpc)["GroupId"]
        return Network(region, vpc, subnet, group)

    return make
