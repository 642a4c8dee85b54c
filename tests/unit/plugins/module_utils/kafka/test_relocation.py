"""Moves to given brokers, what an earlier run left of them, and why there may be none."""

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import NO_LEADER, Partition, View
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.relocation import (
    LiveReplicas,
    MovePlan,
    counts,
    plan,
    targets,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import Move

RACKS = {1: "a", 2: "b", 3: "c", 4: "a"}
WITHOUT_4 = {broker: rack for broker, rack in RACKS.items() if broker != 4}
WITHOUT_1 = {broker: rack for broker, rack in RACKS.items() if broker != 1}


def live(
    *replicas: tuple[int, ...], leader: int = 1, ongoing: tuple[Move, ...] = (), rated: tuple[int, ...] = ()
) -> LiveReplicas:
    partitions = tuple(Partition("t", number, leader, ids, ids) for number, ids in enumerate(replicas))
    return LiveReplicas(View(1, dict.fromkeys(RACKS, ""), partitions), RACKS, ongoing, (), rated)


def test_broker_that_is_not_named_is_emptied_within_its_rack() -> None:
    planned = plan(live((1, 2, 3)), WITHOUT_1)
    assert planned.moves == (Move("t", 0, (1, 2, 3), (4, 2, 3)),)
    assert planned.difference.as_diff()[0]["after"] == "0: 4, 2, 3\n"


def test_even_cluster_has_nothing_to_move() -> None:
    assert not plan(live((1, 2, 3), (2, 3, 1), (3, 1, 2)), WITHOUT_4).difference.changed


def test_move_of_an_earlier_run_to_given_brokers_is_finished_and_not_planned_again() -> None:
    ongoing = Move("t", 0, (1, 2, 3), (4, 2, 3))
    planned = plan(live((4, 2, 3, 1), ongoing=(ongoing,)), WITHOUT_1)
    assert (planned.moves, planned.finish, planned.stop) == ((), (ongoing,), ())
    assert planned.difference.changed


def test_move_of_an_earlier_run_to_other_brokers_is_stopped() -> None:
    ongoing = Move("t", 0, (1, 2, 3), (4, 2, 3))
    planned = plan(live((4, 2, 3, 1), ongoing=(ongoing,)), WITHOUT_4)
    assert (planned.moves, planned.finish, planned.stop) == ((), (), (ongoing,))


def test_throttle_that_was_left_is_a_difference() -> None:
    planned = plan(live((1, 2, 3), rated=(2,)), WITHOUT_4)
    assert planned.difference.as_diff()[0]["before"] == "broker 2 is throttled\n"


def test_fewer_brokers_than_replicas_are_refused() -> None:
    with pytest.raises(Failure, match="2 brokers cannot hold 3 replicas of topics t"):
        plan(live((1, 2, 3)), {1: "a", 2: "b"})


def test_fewer_racks_than_now_are_refused() -> None:
    with pytest.raises(Failure, match="the brokers are of 2 racks"):
        plan(live((1, 2, 3)), {1: "a", 2: "b", 4: "a"})


def test_dead_brokers_rack_counts() -> None:
    with pytest.raises(Failure, match="name a broker of each rack"):
        plan(live((1, 2, 9)), {1: "a", 2: "b", 4: "a"})


def test_partition_without_a_leader_is_refused() -> None:
    with pytest.raises(Failure, match="partitions have no leader to copy from: t-0"):
        plan(live((1, 2, 3), leader=NO_LEADER), WITHOUT_4)


def test_brokers_that_cannot_are_refused_at_once() -> None:
    with pytest.raises(Failure) as refusal:
        targets([{"id": 1}, {"id": 1}, {"id": 2, "rack": "x"}, {"id": 9}], RACKS)
    message = str(refusal.value)
    assert "broker 1 is declared twice" in message
    assert "broker 2 has rack b in the cluster and x here" in message
    assert "broker 9 is not alive (alive: 1, 2, 3, 4)" in message
    with pytest.raises(Failure, match="brokers is empty"):
        targets([], RACKS)


def test_counts_name_every_broker() -> None:
    planned: MovePlan = plan(live((1, 2, 3)), WITHOUT_1)
    assert counts(planned.layout, [2, 3, 4])[2] == {"id": 4, "replicas": 1, "leaders": 1}
