"""The way between regions is the route tables': without a route the other region is closed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import boto3
import pytest

from tests.lab.reach import between, mesh, silent
from tests.lab.running_lab import Lab, Machine

pytestmark = pytest.mark.fault
WITHIN = 20.0
"""Seconds for the lab to follow its API."""


def wait_for_silence(lab: Lab, machines: Sequence[Machine], wanted: set[tuple[str, str]]) -> None:
    deadline = time.monotonic() + WITHIN
    while (found := silent(mesh(lab, machines))) != wanted:
        assert time.monotonic() < deadline, f"silent: {found}, not {wanted}"


def route_between(client: Any, machine: Machine, other: Machine) -> tuple[str, dict[str, Any]]:
    """The table of a machine's subnet, and its route to another machine's region."""
    subnet = client.describe_instances(InstanceIds=[machine.instance_id])["Reservations"][0]["Instances"][0]["SubnetId"]
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (table,) = client.describe_route_tables(Filters=of_subnet)["RouteTables"]
    for route in table["Routes"]:
        if ip_address(other.address) in ip_network(route.get("DestinationCidrBlock", "0.0.0.0/32")):
            return table["RouteTableId"], route
    pytest.fail(f"{machine.name} has no route to {other.name}: {table['Routes']}")


@pytest.mark.usefixtures("lab_credentials")
def test_region_whose_route_is_gone_is_closed_and_the_others_stay_open(ready: Lab, three_regions: list[str]) -> None:
    machines = [ready.machine(1, region) for region in three_regions]
    a, b, _c = machines
    client = boto3.Session(profile_name="terraform", region_name=a.region).client("ec2")
    table, route = route_between(client, a, b)
    where = {"RouteTableId": table, "DestinationCidrBlock": route["DestinationCidrBlock"]}
    client.delete_route(**where)
    try:
        wait_for_silence(ready, machines, between([a], [b]))
    finally:
        client.create_route(**where, VpcPeeringConnectionId=route["VpcPeeringConnectionId"])
        wait_for_silence(ready, machines, set())
