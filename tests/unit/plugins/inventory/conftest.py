"""A deployment in moto's AWS, an inventory file for it, and APIs that are broken in the ways that count."""

import socket
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
ROLES = "zookeeper kafka prometheus thanos_query alertmanager"
TAGS = {"monitoring:deployment": "lab", "monitoring:environment": "lab"}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@cache
def _client(service: str, region: str, url: str, identity: tuple[tuple[str, str], ...]) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=url, **dict(identity))


class Deployment:
    """Three nodes in three zones of each region, as Terraform would make them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.subnets: dict[str, list[str]] = {}
        self.nodes: dict[tuple[str, int], str] = {}
        self._profiles: dict[str, str] = {}

    def client(self, service: str, region: str = "us-east-1", **identity: str) -> Any:
        return _client(service, region, self.url, tuple(identity.items()))

    def build(self, regions: tuple[str, ...] = REGIONS, **identity: str) -> "Deployment":
        for region in regions:
            self.network(region, **identity)
            for node_id in (1, 2, 3):
                self.nodes[region, node_id] = self.node(region, node_id, **identity)
        return self

    def network(self, region: str, **identity: str) -> None:
        ec2 = self.client("ec2", region, **identity)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets[region] = [
            ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=f"{region}{letter}",
                TagSpecifications=[{"ResourceType": "subnet", "Tags": tag_list(TAGS)}],
            )["Subnet"]["SubnetId"]
            for number, letter in enumerate("abc")
        ]

    def profile(self, path: str = "/monitoring/lab/lab/", **identity: str) -> str:
        key = path + identity.get("aws_access_key_id", "")
        if key not in self._profiles:
            answer = self.client("iam", **identity).create_instance_profile(
                InstanceProfileName=f"node-{len(self._profiles)}", Path=path
            )
            self._profiles[key] = answer["InstanceProfile"]["Arn"]
        return self._profiles[key]

    def node(
        self,
        region: str,
        node_id: int | str,
        *,
        roles: str = ROLES,
        zone: int | None = None,
        subnet: str | None = None,
        profile_path: str = "/monitoring/lab/lab/",
        tags: dict[str, str] | None = None,
        **identity: str,
    ) -> str:
        ec2 = self.client("ec2", region, **identity)
        index = zone if zone is not None else (int(node_id) - 1) % 3
        named = {**TAGS, "monitoring:roles": roles, "monitoring:node-id": str(node_id), **(tags or {})}
        answer = ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            InstanceType="m5.large",
            SubnetId=subnet or self.subnets[region][index],
            IamInstanceProfile={"Arn": self.profile(profile_path, **identity)},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tag_list(named)}],
        )
        return str(answer["Instances"][0]["InstanceId"])

    def tag(self, region: str, number: int, **tags: str) -> None:
        named = {f"monitoring:{key.replace('_', '-')}": value for key, value in tags.items()}
        self.client("ec2", region).create_tags(Resources=[self.nodes[region, number]], Tags=tag_list(named))

    def terminate(self, region: str, node_id: int) -> None:
        self.client("ec2", region).terminate_instances(InstanceIds=[self.nodes[region, node_id]])


@pytest.fixture
def deployment(aws_api: str) -> Deployment:
    return Deployment(aws_api)


@pytest.fixture
def inventory_file(tmp_path: Path, aws_api: str) -> Callable[..., str]:
    """Writes an inventory file for the deployment; its cache is the test's own."""

    def write(**options: Any) -> str:
        content = {
            "plugin": "selfhosted.monitoring.ec2_topology",
            "deployment": "lab",
            "environment": "lab",
            "domain": "monitoring.test",
            "regions": list(REGIONS),
            "endpoint_url": aws_api,
            "cache_directory": str(tmp_path / "cache"),
            "deadline": 20,
            **options,
        }
        path = tmp_path / "ec2_topology.yml"
        path.write_text(yaml.safe_dump(content))
        return str(path)

    return write


@pytest.fixture
def read(inventory_file: Callable[..., str]) -> Callable[..., InventoryData]:
    """Reads an inventory with these options, as Ansible does: the plugin from the loader, the file by its path."""

    def parse(use_cache: bool = True, **options: Any) -> InventoryData:
        inventory = InventoryData()
        plugin = inventory_loader.get("selfhosted.monitoring.ec2_topology")
        plugin.parse(inventory, DataLoader(), inventory_file(**options), cache=use_cache)
        inventory.reconcile_inventory()
        return inventory

    return parse


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Ansible would show as warnings."""
    shown: list[str] = []
    plugin = inventory_loader.get("selfhosted.monitoring.ec2_topology")
    monkeypatch.setattr(plugin.display.__class__, "warning", lambda _self, text, *_a, **_k: shown.append(text))
    return shown


class _Throttle(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        error = b"<Error><Code>RequestLimitExceeded</Code><Message>Slow down.</Message></Error>"
        body = b"<Response><Errors>%s</Errors></Response>" % error
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def throttling_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Throttle)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def hanging_url() -> Iterator[str]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def refusing_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
