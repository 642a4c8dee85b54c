"""What the gate finds wrong in views of a cluster."""

from dataclasses import replace

from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import NO_LEADER, Partition, View
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.health import Expectation, problems

ADDRESSES = {1: "a:9093", 2: "b:9093", 3: "c:9093"}
WHOLE = Partition("monitor.host.cpu", 0, 1, (1, 2, 3), (1, 2, 3))
ALL = Expectation(frozenset({1, 2, 3}))


def cluster(*partitions: Partition, controller: int = 3, brokers: tuple[int, ...] = (1, 2, 3)) -> dict[int, View]:
    view = View(controller, {broker: ADDRESSES[broker] for broker in brokers}, partitions)
    return dict.fromkeys(brokers, view)


def test_whole_cluster_has_no_problem() -> None:
    assert problems(cluster(WHOLE), ALL, {WHOLE.topic: 2}) == []


def test_missing_broker_and_what_lacks_it_are_named() -> None:
    thin = replace(WHOLE, isr=(1,))
    found = problems(cluster(thin, brokers=(1, 3)), ALL, {WHOLE.topic: 2})
    assert found == [
        "not registered: broker 2 (registered: brokers 1, 3)",
        "1 partitions are under-replicated: monitor.host.cpu-0 (without 2+3)",
        "1 partitions have too few replicas in sync: monitor.host.cpu-0 (1 of 2)",
    ]


def test_offline_partition_is_named_once_with_its_replicas() -> None:
    found = problems(cluster(replace(WHOLE, leader=NO_LEADER, isr=(2,))), ALL, {})
    assert found == ["1 partitions have no leader: monitor.host.cpu-0 (replicas 1+2+3)"]


def test_many_partitions_are_counted_and_the_first_ten_named() -> None:
    bad = tuple(replace(WHOLE, number=number, isr=(1, 2)) for number in range(14))
    (found,) = problems(cluster(*bad), ALL, {})
    assert found.startswith("14 partitions are under-replicated: monitor.host.cpu-0 (without 3), ")
    assert found.endswith("monitor.host.cpu-9 (without 3) and 4 more")


def test_brokers_that_name_different_controllers_are_told_apart() -> None:
    views = {**cluster(WHOLE), 2: cluster(WHOLE, controller=2)[2]}
    assert "brokers disagree on the controller: broker 2 (says broker 2), broker 3 (says brokers 1, 3)" in problems(
        views, ALL, {}
    )


def test_no_controller_and_one_that_left_are_problems() -> None:
    assert problems(cluster(WHOLE, controller=-1), ALL, {}) == ["there is no controller"]
    assert "the controller, broker 3, is not registered" in problems(cluster(WHOLE, brokers=(1, 2)), ALL, {})


def test_broker_that_does_not_know_all_partitions_yet_is_not_ready() -> None:
    views = {**cluster(WHOLE), 1: cluster()[1]}
    assert problems(views, ALL, {}) == ["broker 1 knows 0 of 1 partitions"]


def test_registered_broker_that_does_not_answer_is_named() -> None:
    views = cluster(WHOLE)
    del views[2]
    assert problems(views, ALL, {}) == ["registered but not answering: broker 2"]


def test_stopping_a_broker_is_allowed_when_the_others_suffice() -> None:
    going = replace(ALL, without=frozenset({2}))
    assert problems(cluster(WHOLE), going, {WHOLE.topic: 2}) == []
    assert problems(cluster(replace(WHOLE, isr=(1, 3)), brokers=(1, 3)), going, {WHOLE.topic: 2}) == []


def test_stopping_a_broker_is_refused_when_too_few_would_remain() -> None:
    found = problems(cluster(replace(WHOLE, isr=(1, 2))), replace(ALL, without=frozenset({2})), {WHOLE.topic: 2})
    assert found == [
        "1 partitions are under-replicated: monitor.host.cpu-0 (without 3)",
        "1 partitions have too few replicas in sync without broker 2: monitor.host.cpu-0 (1 of 2)",
    ]


def test_given_minimum_goes_before_the_topics_own() -> None:
    lone = Partition("lone", 0, 1, (1,), (1,))
    assert problems(cluster(lone), ALL, {"lone": 1}) == []
    assert problems(cluster(lone), replace(ALL, min_isr=2), {"lone": 1}) == [
        "1 partitions have too few replicas in sync: lone-0 (1 of 2)"
    ]


def test_silence_is_one_problem() -> None:
    assert problems({}, ALL, {}) == ["no broker answers"]
