"""What an instance has to show before it is a node."""

from dataclasses import replace

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import (
    Expectation,
    Instance,
    Subnet,
    build,
    zone_indexes,
)

TAGS = {
    "monitoring:deployment": "d",
    "monitoring:environment": "e",
    "monitoring:roles": "kafka",
    "monitoring:node-id": "7",
}
GOOD = Instance(
    "i-1", "m5.large", "111122223333", "r1", "r1b", "vpc-1",
    "arn:aws:iam::111122223333:instance-profile/monitoring/d/e/kafka", "10.0.0.1", "", TAGS,
)  # fmt: skip
SUBNETS = [Subnet("r1", "vpc-1", "r1c"), Subnet("r1", "vpc-1", "r1b"), Subnet("r1", "vpc-2", "r1c")]
EXPECTED = Expectation("d", "e", "test", profile_path="/monitoring/d/e/")


def refusals(instance: Instance, expected: Expectation = EXPECTED) -> str:
    topology = build([instance], SUBNETS, expected)
    assert topology.nodes == ()
    return "; ".join(topology.refusals)


def test_zones_are_numbered_by_name_in_each_vpc() -> None:
    assert zone_indexes(SUBNETS) == {("r1", "vpc-1"): {"r1b": 1, "r1c": 2}, ("r1", "vpc-2"): {"r1c": 1}}


def test_matching_instance_is_a_node() -> None:
    (node,) = build([GOOD], SUBNETS, EXPECTED).nodes
    assert (node.name, node.node_id, node.zone_index, node.roles) == ("kafka-7.r1.test", 7, 1, ("kafka",))


@pytest.mark.parametrize("number", ["", "0", "-1", "1.0", "٣", "1\n", "1000000", "{{ 1 }}", "0x1"])
def test_node_id_that_is_no_small_integer_is_refused(number: str) -> None:
    assert "monitoring:node-id is" in refusals(replace(GOOD, tags={**TAGS, "monitoring:node-id": number}))


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:iam::999999999999:instance-profile/monitoring/d/e/kafka",
        "arn:aws:iam::111122223333:instance-profile/monitoring/d/other/kafka",
        "arn:aws:iam::111122223333:instance-profile/monitoring/d/e-other/kafka",
        "arn:aws:iam::111122223333:instance-profile/monitoring/d/e/",
        "arn:aws:iam::111122223333:role/monitoring/d/e/kafka",
    ],
)
def test_foreign_instance_profile_is_refused(arn: str) -> None:
    assert "has instance profile" in refusals(replace(GOOD, profile_arn=arn))


def test_all_reasons_of_one_instance_are_given() -> None:
    bad = replace(GOOD, zone="r1z", profile_arn="", tags={"monitoring:deployment": "x", "monitoring:roles": "lion"})
    text = refusals(bad)
    for reason in (
        "deployment is 'x'",
        "environment is None",
        "zone r1z",
        "profile none",
        "'lion'",
        "node-id is missing",
    ):
        assert reason in text


def test_doubled_node_id_refuses_all_its_claimants() -> None:
    topology = build([GOOD, replace(GOOD, id="i-2", zone="r1c")], SUBNETS, EXPECTED)
    assert topology.nodes == ()
    assert topology.refusals == ("i-1, i-2 in r1: all carry monitoring:node-id 7, which must be unique in a region",)


def test_one_node_id_in_two_regions_is_fine() -> None:
    other = replace(GOOD, region="r2", zone="r2a")
    assert len(build([GOOD, other], [*SUBNETS, Subnet("r2", "vpc-1", "r2a")], EXPECTED).nodes) == 2


def test_hundreds_refused_for_one_reason_are_one_line() -> None:
    many = [replace(GOOD, id=f"i-{number}", profile_arn="") for number in range(300)]
    (line,) = build(many, SUBNETS, EXPECTED).refusals
    assert "and 280 more in r1: has instance profile none" in line
