"""Where replicas lie after brokers came or went."""

from collections import Counter
from collections.abc import Mapping

import hypothesis.strategies as st
import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.balance import (
    Assignment,
    balanced,
    rack_limit,
)
from hypothesis import given, settings

Racks = dict[int, str]


def after(assignment: Assignment, racks: Mapping[int, str]) -> dict[tuple[str, int], tuple[int, ...]]:
    return {**assignment, **balanced(assignment, racks)}


def spread(counts: Counter[int], brokers: Mapping[int, str]) -> int:
    return max(counts[broker] for broker in brokers) - min(counts[broker] for broker in brokers)


def replica_counts(assignment: Assignment) -> Counter[int]:
    return Counter(broker for replicas in assignment.values() for broker in replicas)


def leader_counts(assignment: Assignment) -> Counter[int]:
    return Counter(replicas[0] for replicas in assignment.values())


def copies(before: Assignment, then: Assignment) -> int:
    return sum(len(set(then[key]) - set(before[key])) for key in before)


def ring(partitions: int, brokers: list[int], factor: int, topic: str = "t") -> dict[tuple[str, int], tuple[int, ...]]:
    return {
        (topic, number): tuple(brokers[(number + step) % len(brokers)] for step in range(factor))
        for number in range(partitions)
    }


@st.composite
def clusters(draw: st.DrawFn) -> tuple[dict[tuple[str, int], tuple[int, ...]], Racks]:
    """Any assignment over brokers 1 to 9, and the brokers, at least as many as replicas, that shall hold it."""
    racks = draw(st.dictionaries(st.integers(1, 9), st.sampled_from("abcd"), min_size=1, max_size=8))
    assignment = {}
    for topic in range(draw(st.integers(1, 3))):
        factor = draw(st.integers(1, min(len(racks), 4)))
        for number in range(draw(st.integers(1, 8))):
            replicas = draw(st.lists(st.integers(1, 9), min_size=factor, max_size=factor, unique=True))
            assignment[f"t{topic}", number] = tuple(replicas)
    return assignment, racks


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_every_partition_keeps_its_count_on_given_brokers_over_as_many_racks_as_there_are(
    cluster: tuple[Assignment, Racks],
) -> None:
    assignment, racks = cluster
    then = after(assignment, racks)
    for key, replicas in then.items():
        assert len(set(replicas)) == len(assignment[key])
        assert set(replicas) <= set(racks)
        assert max(Counter(racks[broker] for broker in replicas).values()) <= rack_limit(len(replicas), racks)


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_second_plan_changes_nothing(cluster: tuple[Assignment, Racks]) -> None:
    assignment, racks = cluster
    assert balanced(after(assignment, racks), racks) == {}


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_without_racks_the_spread_is_one_at_most(cluster: tuple[Assignment, Racks]) -> None:
    assignment, racks = cluster
    flat = dict.fromkeys(racks, "")
    assert spread(replica_counts(after(assignment, flat)), flat) <= 1


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_no_leader_could_go_to_a_broker_that_leads_two_fewer(cluster: tuple[Assignment, Racks]) -> None:
    assignment, racks = cluster
    then = after(assignment, racks)
    leads = leader_counts(then)
    assert all(leads[replicas[0]] - leads[other] < 2 for replicas in then.values() for other in replicas[1:])


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_no_replica_could_go_to_a_broker_that_holds_two_fewer(cluster: tuple[Assignment, Racks]) -> None:
    assignment, racks = cluster
    then = after(assignment, racks)
    held = replica_counts(then)
    for replicas in then.values():
        for source in replicas:
            for target in set(racks) - set(replicas):
                moved = Counter(racks[broker] for broker in {*replicas, target} - {source})
                fits = max(moved.values()) <= rack_limit(len(replicas), racks)
                assert not fits or held[source] - held[target] < 2


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(1, 3))
def test_new_broker_takes_its_share_and_nothing_else_is_copied(brokers: int, partitions: int, factor: int) -> None:
    flat = dict.fromkeys(range(1, brokers + 1), "")
    before = after(ring(partitions, sorted(flat), min(factor, brokers)), flat)
    then = after(before, {**flat, 99: ""})
    assert copies(before, then) == replica_counts(then)[99]
    assert spread(replica_counts(then), {**flat, 99: ""}) <= 1


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(1, 3))
def test_retired_brokers_replicas_are_copied_and_nothing_else(brokers: int, partitions: int, factor: int) -> None:
    flat = dict.fromkeys(range(1, brokers + 1), "")
    before = after(ring(partitions, sorted(flat), min(factor, brokers - 1)), flat)
    rest = {broker: "" for broker in flat if broker != 1}
    then = after(before, rest)
    assert copies(before, then) == replica_counts(before)[1]
    assert spread(replica_counts(then), rest) <= 1


@pytest.mark.parametrize("partitions", [3, 16, 50])
def test_second_broker_of_a_zone_shares_with_the_first_only(partitions: int) -> None:
    before = ring(partitions, [1, 2, 3], 3)
    racks = {1: "a", 2: "b", 3: "c", 4: "a"}
    then = after(before, racks)
    held = replica_counts(then)
    assert (held[2], held[3]) == (partitions, partitions)
    assert abs(held[1] - held[4]) <= 1
    assert spread(leader_counts(then), racks) <= 1


def test_three_new_brokers_in_three_zones_take_half() -> None:
    racks = {1: "a", 2: "b", 3: "c", 4: "a", 5: "b", 6: "c"}
    then = after(ring(12, [1, 2, 3], 3), racks)
    assert set(replica_counts(then).values()) == {6}
    assert set(leader_counts(then).values()) == {2}


def test_replicas_of_one_zone_are_spread_over_zones() -> None:
    racks = {1: "a", 2: "a", 3: "b", 4: "c"}
    then = after({("t", 0): (1, 2)}, racks)
    assert len({racks[broker] for broker in then["t", 0]}) == 2


def test_each_topic_gives_its_share_to_the_new_broker() -> None:
    before = {**ring(6, [1, 2, 3], 2, "a"), **ring(6, [1, 2, 3], 2, "b")}
    then = after(before, dict.fromkeys([1, 2, 3, 4], ""))
    on_new = Counter(topic for (topic, _partition), replicas in then.items() if 4 in replicas)
    assert on_new == {"a": 3, "b": 3}


def test_leaders_are_evened_out_without_copying() -> None:
    before = {("t", number): (1, 2, 3) for number in range(6)}
    then = after(before, {1: "a", 2: "b", 3: "c"})
    assert copies(before, then) == 0
    assert set(leader_counts(then).values()) == {2}


def test_rack_limit_counts_small_racks() -> None:
    assert rack_limit(3, {1: "a", 2: "b", 3: "c"}) == 1
    assert rack_limit(3, {1: "a", 2: "b", 3: "b"}) == 2
    assert rack_limit(4, {1: "a", 2: "b", 3: "b", 4: "b"}) == 3
