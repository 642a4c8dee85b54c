from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.restart_batches import restart_batches

OUTCOMES = ["host_outcome", "exporters_outcome"]
HOSTS = {
    f"{region}{zone}{number}": {"region": region, "zone": f"{region}{zone}"}
    for region in ("us-east-1", "eu-west-1")
    for zone in "abc"
    for number in (1, 2)
}


def batches(waiting: list[str], canary_region: str = "", **more: dict[str, Any]) -> list[list[str]]:
    hostvars: dict[str, dict[str, Any]] = {name: dict(variables) for name, variables in {**HOSTS, **more}.items()}
    for name in waiting:
        hostvars[name]["exporters_outcome"] = {"restart_pending": True}
    return restart_batches(list(hostvars), hostvars, OUTCOMES, canary_region)


def test_goes_zone_by_zone_in_region_order() -> None:
    waiting = ["us-east-1a1", "eu-west-1b1", "us-east-1a2", "eu-west-1a1"]
    assert batches(waiting) == [["eu-west-1a1"], ["eu-west-1b1"], ["us-east-1a1", "us-east-1a2"]]


def test_canary_region_goes_first() -> None:
    waiting = ["eu-west-1a1", "us-east-1b1", "us-east-1a1"]
    assert batches(waiting, "us-east-1") == [["us-east-1a1"], ["us-east-1b1"], ["eu-west-1a1"]]


def test_unchanged_hosts_make_no_batch() -> None:
    assert batches([]) == []
    assert restart_batches(["a"], {"a": {"exporters_outcome": {"restart_pending": False}}}, OUTCOMES) == []


def test_any_outcome_may_ask_for_the_restart() -> None:
    hostvars = {"a": {"host_outcome": {"restart_pending": True}, "exporters_outcome": {}}}
    assert restart_batches(["a"], hostvars, OUTCOMES) == [["a"]]


def test_hosts_of_unknown_place_go_last_and_alone() -> None:
    more: dict[str, dict[str, Any]] = {"plain-1": {}, "plain-2": {"region": "eu-west-1"}}
    assert batches(["plain-2", "plain-1", "eu-west-1a1"], **more) == [["eu-west-1a1"], ["plain-1"], ["plain-2"]]


def test_canary_region_without_host_is_named_with_the_known_ones() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'eu-west-2'.*Regions: eu-west-1, us-east-1"):
        batches(["eu-west-1a1"], "eu-west-2")


def test_zone_of_the_leader_goes_last_in_its_region() -> None:
    def outcome(answer: str) -> dict[str, Any]:
        return {"restart_pending": True, "components": {"zookeeper": {"answers": [answer]}}}

    hostvars: dict[str, dict[str, Any]] = {
        f"{region}-{zone}": {
            "region": region,
            "zone": f"{region}{zone}",
            "zookeeper_outcome": outcome("Mode: follower"),
        }
        for region in ("eu", "us")
        for zone in "abc"
    }
    hostvars["eu-a"]["zookeeper_outcome"] = outcome("Mode: leader")
    hostvars["us-b"]["zookeeper_outcome"] = outcome("Mode: leader")
    order = restart_batches(list(hostvars), hostvars, ["zookeeper_outcome"], "", "^Mode: leader")
    assert order == [["eu-b"], ["eu-c"], ["eu-a"], ["us-a"], ["us-c"], ["us-b"]]
