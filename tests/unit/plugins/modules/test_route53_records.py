"""Records of a zone in moto's Route53."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from ansible_collections.selfhosted.monitoring.plugins.modules.route53_records import main

Run = Callable[..., dict[str, Any]]
ZONE = "monitoring.test"
NAME = f"kafka-1.eu-west-1.{ZONE}"
OURS = r"[a-z_]+-\d+\.[a-z0-9-]+\.monitoring\.test"


class Zone:
    def __init__(self, url: str) -> None:
        self.client = boto3.client("route53", region_name="us-east-1", endpoint_url=url)
        vpc = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
        config = {"PrivateZone": True, "Comment": ""}
        answer = self.client.create_hosted_zone(Name=ZONE, CallerReference="1", VPC=vpc, HostedZoneConfig=config)
        self.id = answer["HostedZone"]["Id"]

    def put(self, name: str, value: str, kind: str = "A") -> None:
        record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        self.client.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=batch)

    def addresses(self) -> dict[str, list[str]]:
        listed = self.client.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return {
            record["Name"]: sorted(value["Value"] for value in record["ResourceRecords"])
            for record in listed
            if record["Type"] == "A"
        }


@pytest.fixture
def zone(aws_api: str) -> Zone:
    return Zone(aws_api)


@pytest.fixture
def records(aws_api: str, run_module: Run) -> Run:
    def run(*items: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(main, check=check, zone=ZONE, endpoint_url=aws_api, records=list(items), **options)

    return run


def test_missing_record_is_made_and_the_second_run_changes_nothing(zone: Zone, records: Run) -> None:
    wanted = {"name": NAME, "values": ["10.0.0.2", "10.0.0.1"]}
    assert records(wanted)["upserted"] == [f"{NAME} 60 A 10.0.0.1 10.0.0.2"]
    assert zone.addresses() == {f"{NAME}.": ["10.0.0.1", "10.0.0.2"]}
    assert records(wanted)["changed"] is False


def test_only_the_record_that_differs_is_changed(zone: Zone, records: Run) -> None:
    zone.put(NAME, "10.0.0.1")
    zone.put(f"kafka-2.eu-west-1.{ZONE}", "10.0.0.2")
    answer = records(
        {"name": NAME, "values": ["10.0.0.9"]}, {"name": f"kafka-2.eu-west-1.{ZONE}", "values": ["10.0.0.2"]}
    )
    assert answer["upserted"] == [f"{NAME} 60 A 10.0.0.9"]
    assert answer["diff"]["before"] == f"{NAME} 60 A 10.0.0.1\n"


def test_undeclared_name_of_ours_goes_and_others_stay(zone: Zone, records: Run) -> None:
    zone.put(f"kafka-9.eu-west-1.{ZONE}", "10.0.0.9")
    zone.put(f"office.{ZONE}", "10.1.1.1")
    answer = records({"name": NAME, "values": ["10.0.0.1"]}, purge_pattern=OURS)
    assert answer["removed"] == [f"kafka-9.eu-west-1.{ZONE} 60 A 10.0.0.9"]
    assert set(zone.addresses()) == {f"{NAME}.", f"office.{ZONE}."}


def test_check_mode_changes_nothing(zone: Zone, records: Run) -> None:
    answer = records({"name": NAME, "values": ["10.0.0.1"]}, check=True)
    assert answer["changed"] is True
    assert zone.addresses() == {}


def test_missing_zone_is_named(aws_api: str, records: Run) -> None:
    assert "there is no private zone monitoring.test" in records({"name": NAME, "values": ["10.0.0.1"]})["msg"]


def test_name_outside_the_zone_and_a_doubled_one_are_refused_together(zone: Zone, records: Run) -> None:
    item = {"name": NAME, "values": ["10.0.0.1"]}
    message = records({"name": "www.example.com", "values": ["10.0.0.1"]}, item, item)["msg"]
    assert "www.example.com is not in zone monitoring.test" in message
    assert f"{NAME} A is declared twice" in message
    assert zone.addresses() == {}
