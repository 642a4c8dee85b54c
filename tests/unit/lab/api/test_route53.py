"""Private zones and their records behave as Route53's."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Api, Client, Network


def change(client: Client, zone: str, *changes: tuple[str, str, str]) -> None:
    client("route53", "dns").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": a_record(n, v)} for action, n, v in changes]},
    )


def a_record(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": value}]}


def records(client: Client, zone: str) -> dict[str, str]:
    listed = client("route53", "dns").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {r["Name"]: r["ResourceRecords"][0]["Value"] for r in listed if r["Type"] == "A"}


@pytest.fixture
def zone(client: Client, network: Callable[..., Network]) -> str:
    vpc = network("10.213.0.0/24").vpc
    created = client("route53").create_hosted_zone(
        Name="zone.test", CallerReference=str(time.monotonic()), VPC={"VPCRegion": "us-east-1", "VPCId": vpc}
    )
    identifier: str = created["HostedZone"]["Id"]
    return identifier


def test_zone_made_with_a_vpc_is_private_and_takes_a_vpc_of_another_region(
    client: Client, zone: str, network: Callable[..., Network], api: Api
) -> None:
    route53 = client("route53")
    other = network("10.213.16.0/24", "eu-west-1")
    association = {"VPCRegion": "eu-west-1", "VPCId": other.vpc}
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=association)
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=association)
    described = route53.get_hosted_zone(Id=zone)
    assert described["HostedZone"]["Config"]["PrivateZone"] is True
    assert [vpc["VPCRegion"] for vpc in described["VPCs"]] == ["us-east-1", "eu-west-1"]
    listed = route53.list_hosted_zones_by_vpc(VPCId=other.vpc, VPCRegion="eu-west-1")["HostedZoneSummaries"]
    assert [summary["Name"] for summary in listed] == ["zone.test."]
    found = [z for z in api.desired()["zones"] if other.vpc in [vpc["id"] for vpc in z["vpcs"]]]
    assert [(z["name"], z["private"]) for z in found] == [("zone.test", True)]


def test_public_zone_stays_public(client: Client) -> None:
    created = client("route53").create_hosted_zone(Name="public.test", CallerReference="public")
    assert created["HostedZone"]["Config"]["PrivateZone"] is False


def test_record_can_be_created_again_after_its_deletion(client: Client, zone: str) -> None:
    change(client, zone, ("CREATE", "a.zone.test", "10.0.0.1"), ("CREATE", "b.zone.test", "10.0.0.2"))
    change(client, zone, ("DELETE", "a.zone.test", "10.0.0.1"))
    change(client, zone, ("CREATE", "a.zone.test", "10.0.0.1"))
    assert records(client, zone) == {"a.zone.test.": "10.0.0.1", "b.zone.test.": "10.0.0.2"}


def test_upsert_replaces(client: Client, zone: str) -> None:
    change(client, zone, ("UPSERT", "a.zone.test", "10.0.0.1"))
    change(client, zone, ("UPSERT", "A.zone.test.", "10.0.0.9"))
    assert records(client, zone) == {"a.zone.test.": "10.0.0.9"}


@pytest.mark.parametrize(
    ("action", "name", "value"),
    [
        ("CREATE", "a.zone.test", "10.0.0.7"),
        ("DELETE", "a.zone.test", "10.0.0.7"),
        ("DELETE", "absent.zone.test", "10.0.0.1"),
        ("CREATE", "a.otherzone.test", "10.0.0.1"),
    ],
)
def test_bad_batch_changes_nothing(client: Client, zone: str, action: str, name: str, value: str) -> None:
    change(client, zone, ("CREATE", "a.zone.test", "10.0.0.1"))
    with pytest.raises(ClientError) as caught:
        change(client, zone, ("CREATE", "new.zone.test", "10.0.0.2"), (action, name, value))
    assert caught.value.response["Error"]["Code"] == "InvalidChangeBatch"
    assert records(client, zone) == {"a.zone.test.": "10.0.0.1"}
