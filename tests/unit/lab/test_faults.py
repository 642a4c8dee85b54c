from pathlib import Path

import pytest
from localcloud.desired import Cloud
from localcloud.faults import Fault, added, declare, find_host, healed, held_instances, read, severed_pairs, write
from localcloud.problems import LabError


@pytest.mark.parametrize(
    "name",
    [
        "kafka-1.us-east-1.monitoring.test",
        "kafka-1.us-east-1",
        "i-00",
        "10.213.0.10",
    ],
)
def test_host_is_found_by_any_of_its_names(cloud: Cloud, name: str) -> None:
    assert find_host(name, cloud).id == "i-00"


@pytest.mark.parametrize("name", ["node-2.us-east-1", "kafka-2.us-east-1", "zookeeper-2.us-east-1.monitoring.test"])
def test_host_of_several_roles_is_found_by_each(cloud: Cloud, name: str) -> None:
    assert find_host(name, cloud).id == "i-01"


def test_unknown_host_is_refused_with_the_names_there_are(cloud: Cloud) -> None:
    with pytest.raises(LabError, match=r"no host mars in the lab; hosts: .*kafka-1\.us-east-1"):
        find_host("mars", cloud)


def test_unknown_region_is_refused_with_the_regions_there_are(cloud: Cloud) -> None:
    with pytest.raises(LabError, match="mars is not one of ap-southeast-1, eu-west-1, us-east-1"):
        declare("blackhole", ["us-east-1", "mars"], cloud)


def test_zone_can_be_cut_but_has_no_api(cloud: Cloud) -> None:
    assert declare("cut", ["us-east-1b"], cloud).targets == ("us-east-1b",)
    with pytest.raises(LabError, match="us-east-1b is not one of"):
        declare("api-fail", ["us-east-1b"], cloud)


@pytest.mark.parametrize(
    ("kind", "targets", "reason"),
    [
        ("delay", ["us-east-1", "eu-west-1"], "needs --ms"),
        ("delay", ["us-east-1"], "takes 2 targets"),
        ("blackhole", ["us-east-1", "us-east-1"], "two different regions"),
        ("stop", ["a", "b"], "takes 1 target"),
    ],
)
def test_incomplete_fault_says_what_is_missing(cloud: Cloud, kind: str, targets: list[str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        declare(kind, targets, cloud)


def test_order_of_two_regions_does_not_matter(cloud: Cloud) -> None:
    assert declare("blackhole", ["us-east-1", "eu-west-1"], cloud) == declare(
        "blackhole", ["eu-west-1", "us-east-1"], cloud
    )


def test_same_fault_twice_is_one_fault_with_the_later_delay() -> None:
    first, second = Fault("delay", ("a", "b"), 50), Fault("delay", ("a", "b"), 80)
    assert added([first], second) == [second]


def test_record_survives_a_round_trip(tmp_path: Path) -> None:
    record = tmp_path / "faults.json"
    assert read(record) == []
    faults = [Fault("cut", ("eu-west-1",), keep_controller=True), Fault("stop", ("i-00",), label="kafka-1.us-east-1.x")]
    write(faults, record)
    assert read(record) == faults
    assert record.stat().st_mode & 0o777 == 0o600


def test_heal_takes_all_or_the_named_ones() -> None:
    cut, stop = Fault("cut", ("eu-west-1",)), Fault("stop", ("i-00",), label="kafka-1.us-east-1.monitoring.test")
    assert healed([cut, stop], []) == ([], [cut, stop])
    for name in ("cut", "cut:eu-west-1", "eu-west-1"):
        assert healed([cut, stop], [name]) == ([stop], [cut])
    for name in ("i-00", "kafka-1.us-east-1", "kafka-1.us-east-1.monitoring.test", "stop"):
        assert healed([cut, stop], [name]) == ([cut], [stop])
    with pytest.raises(LabError, match="No active fault is called mars; active: cut:eu-west-1, stop:i-00"):
        healed([cut, stop], ["mars"])


def test_cut_zone_keeps_its_inner_traffic_and_loses_all_other(cloud: Cloud) -> None:
    pairs = severed_pairs([Fault("cut", ("us-east-1a",))], cloud)
    assert ("10.213.0.0/24", "10.213.0.0/24") not in pairs
    assert ("10.213.0.0/24", "10.213.1.0/24") in pairs
    assert ("10.213.1.0/24", "10.213.0.0/24") in pairs
    assert ("10.213.255.1", "10.213.0.0/24") in pairs


def test_cut_that_keeps_the_controller_leaves_its_way_open(cloud: Cloud) -> None:
    pairs = severed_pairs([Fault("cut", ("us-east-1",), keep_controller=True)], cloud)
    assert not any("10.213.255.1" in pair for pair in pairs)


def test_blackhole_closes_both_ways_between_two_regions_only(cloud: Cloud) -> None:
    pairs = severed_pairs([Fault("blackhole", ("eu-west-1", "us-east-1"))], cloud)
    assert ("10.213.2.0/24", "10.213.18.0/24") in pairs
    assert ("10.213.18.0/24", "10.213.2.0/24") in pairs
    assert len(pairs) == 18


def test_only_stopped_hosts_are_held() -> None:
    assert held_instances([Fault("stop", ("i-1",)), Fault("fill-disk", ("i-2",))]) == {"i-1"}
