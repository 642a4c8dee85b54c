import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.restart_batches import restart_batches

HOSTVARS = {
    f"{region}{zone}{number}": {"region": region, "zone": f"{region}{zone}"}
    for region in ("us-east-1", "eu-west-1")
    for zone in "abc"
    for number in (1, 2)
}


def test_goes_zone_by_zone_in_region_order() -> None:
    batches = restart_batches(["us-east-1a1", "eu-west-1b1", "us-east-1a2", "eu-west-1a1"], HOSTVARS)
    assert batches == [["eu-west-1a1"], ["eu-west-1b1"], ["us-east-1a1", "us-east-1a2"]]


def test_canary_region_goes_first() -> None:
    batches = restart_batches(["eu-west-1a1", "us-east-1b1", "us-east-1a1"], HOSTVARS, "us-east-1")
    assert batches == [["us-east-1a1"], ["us-east-1b1"], ["eu-west-1a1"]]


def test_no_pending_host_makes_no_batch_and_reads_no_variable() -> None:
    assert restart_batches([], {}, "us-east-1") == []


def test_hosts_of_unknown_place_go_last_and_alone() -> None:
    hostvars = {**HOSTVARS, "plain-1": {}, "plain-2": {"region": "eu-west-1"}}
    batches = restart_batches(["plain-2", "plain-1", "eu-west-1a1"], hostvars)
    assert batches == [["eu-west-1a1"], ["plain-1"], ["plain-2"]]


def test_canary_region_without_host_is_named_with_the_known_ones() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'eu-west-2'.*Regions: eu-west-1, us-east-1"):
        restart_batches(["eu-west-1a1"], HOSTVARS, "eu-west-2")
