from pathlib import Path

from localcloud.desired import Cloud
from localcloud.status import Status, regions_of


def test_hosts_are_named_and_placed_as_in_the_inventory(cloud: Cloud) -> None:
    hosts = regions_of(cloud, {"i-00": "running"})["us-east-1"]
    assert hosts[0].as_json() == {
        "name": "kafka-1.us-east-1.monitoring.test",
        "address": "10.213.0.10",
        "zone": "us-east-1a",
        "instance_id": "i-00",
        "roles": ["kafka"],
        "state": "running",
    }
    assert (hosts[1].name, hosts[1].state) == ("node-2.us-east-1.monitoring.test", "absent")


def test_json_has_exactly_the_documented_keys(cloud: Cloud) -> None:
    now = Status(regions_of(cloud, {}), (), Path("inventory.yml"))
    assert set(now.as_json()) == {"ready", "regions", "endpoints", "ca", "inventory"}
    assert now.as_json()["ready"] is True


def test_lab_with_something_missing_is_not_ready_and_says_why(cloud: Cloud) -> None:
    now = Status(regions_of(cloud, {}), ("gateway does not run (lab/lab up starts it)",), Path("inventory.yml"))
    assert now.as_json()["ready"] is False
    assert now.table().endswith("not ready:\n  gateway does not run (lab/lab up starts it)")


def test_table_of_an_empty_lab_is_a_table() -> None:
    assert Status({}, ("there are no machines",), Path("x")).table().startswith("REGION  HOST")
