"""Which broker coordinates a group, as Java computes it."""

import pytest
from monitoring_agents.lag.coordinator import coordinated_by, offsets_partition


@pytest.mark.parametrize(
    ("group", "partition"),
    [
        ("", 0),
        ("a", 97 % 50),
        ("hello", 99162322 % 50),  # "hello".hashCode()
        ("polygenelubricants", 0),  # its hashCode is the smallest int, whose abs Kafka takes for 0
        ("\U0001f600", (31 * 0xD83D + 0xDE00) % 50),  # two UTF-16 units
    ],
)
def test_a_group_is_kept_in_the_partition_that_kafka_computes(group: str, partition: int):
    assert offsets_partition(group, 50) == partition


def test_each_group_has_one_coordinator():
    groups = [f"adapter-{number}" for number in range(100)]
    leaders = {partition: partition % 3 + 1 for partition in range(50)}
    found = [coordinated_by(broker, groups, leaders) for broker in (1, 2, 3)]
    assert sorted(one for groups_of_one in found for one in groups_of_one) == sorted(groups)


def test_a_partition_without_a_leader_coordinates_nothing():
    assert coordinated_by(1, ["a"], dict.fromkeys(range(50), -1)) == []
