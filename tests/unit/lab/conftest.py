"""A small cloud as the API describes it: two peered regions and a third that no route leads to."""

from copy import deepcopy
from typing import Any

import pytest
from localcloud.desired import Cloud, parse

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample lab"


def _region(name: str, number: int, peered: list[int]) -> dict[str, Any]:
    base = number * 16
    vpc, group = f"vpc-{number}", f"sg-{number}"
    subnets = [
        {"id": f"subnet-{number}{letter}", "vpc": vpc, "cidr": f"10.213.{base + i}.0/24", "zone": f"{name}{letter}"}
        for i, letter in enumerate("abc")
    ]
    routes = [{"destination": f"10.213.{base}.0/20", "target": "local", "state": "active"}]
    routes += [
        {"destination": f"10.213.{other * 16}.0/20", "target": _peering(number, other), "state": "active"}
        for other in peered
    ]
    ingress = [
        {"protocol": "tcp", "from": 22, "to": 22, "cidrs": ["10.213.255.1/32"], "groups": []},
        {"protocol": "tcp", "from": 9090, "to": 9091, "cidrs": ["10.213.0.0/16"], "groups": []},
        {"protocol": "tcp", "from": 9094, "to": 9094, "cidrs": [], "groups": [group]},
    ]
    everything = [{"protocol": "-1", "from": None, "to": None, "cidrs": ["0.0.0.0/0"], "groups": []}]
    instances = [
        {
            "id": f"i-{number}{i}",
            "state": "running",
            "address": f"10.213.{base + i}.10",
            "subnet": subnets[i]["id"],
            "vpc": vpc,
            "zone": subnets[i]["zone"],
            "security_groups": [group],
            "key_name": "lab",
            "public_key": KEY,
            "tags": {"monitoring:roles": "kafka zookeeper" if i else "kafka", "monitoring:node-id": str(i + 1)},
            "launch_time": "2026-01-01T00:00:00Z",
            "user_data": "",
        }
        for i in range(2)
    ]
    return {
        "vpcs": [{"id": vpc, "cidr": f"10.213.{base}.0/20"}],
        "subnets": subnets,
        "route_tables": [{"id": f"rtb-{number}", "vpc": vpc, "main": True, "subnets": [], "routes": routes}],
        "peerings": [
            {
                "id": _peering(number, other),
                "requester_vpc": f"vpc-{min(number, other)}",
                "accepter_vpc": f"vpc-{max(number, other)}",
                "status": "active",
            }
            for other in peered
        ],
        "security_groups": [
            {"id": group, "name": "node", "vpc": vpc, "ingress": ingress, "egress": everything},
        ],
        "instances": instances,
    }


def _peering(one: int, other: int) -> str:
    return f"pcx-{min(one, other)}{max(one, other)}"


_DOCUMENT = {
    "regions": {
        "us-east-1": _region("us-east-1", 0, [1]),
        "eu-west-1": _region("eu-west-1", 1, [0]),
        "ap-southeast-1": _region("ap-southeast-1", 2, []),
    },
    "zones": [{"name": "monitoring.test", "private": True, "vpcs": [], "records": []}],
}


@pytest.fixture
def document() -> dict[str, Any]:
    """What `GET /_lab/desired` answers, free to be changed."""
    return deepcopy(_DOCUMENT)


@pytest.fixture
def cloud(document: dict[str, Any]) -> Cloud:
    """The same as a value."""
    return parse(document)
