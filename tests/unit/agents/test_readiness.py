"""Whether a broker serves as it should, judged on metadata values."""

from dataclasses import replace

import pytest
from monitoring_agents.readiness import NONE, Cluster, Partition, judge


def partition(topic: str, number: int, leader: int, in_sync: tuple[int, ...] = (1, 2, 3)) -> Partition:
    return Partition(topic, number, leader, frozenset({1, 2, 3}), frozenset(in_sync))


HEALTHY = Cluster(
    brokers=frozenset({1, 2, 3}),
    controller=1,
    partitions=tuple(partition("monitor.aws.ec2", number, leader=number % 3 + 1) for number in range(6)),
)


def test_a_ready_broker_counts_its_partitions_and_those_it_leads():
    verdict = judge(2, HEALTHY)
    assert verdict.ready
    assert verdict.line == "broker 2: ready, 6 partitions, leader of 2"


def test_the_controller_is_named():
    assert judge(1, HEALTHY).line == "broker 1: ready, 6 partitions, leader of 2, controller"


def test_a_broker_without_partitions_is_ready():
    assert judge(2, replace(HEALTHY, partitions=())).line == "broker 2: ready, 0 partitions, leader of 0"


def test_a_broker_that_is_not_registered_is_not_ready():
    verdict = judge(4, HEALTHY)
    assert not verdict.ready
    assert verdict.line == "broker 4: not registered in the cluster (registered: 1, 2, 3)"


def test_a_broker_that_the_controller_never_told_of_the_cluster_is_not_ready():
    line = judge(1, Cluster(frozenset(), NONE, ())).line
    assert line == "broker 1: not registered in the cluster (registered: none); the cluster has no controller"


@pytest.mark.parametrize(
    ("lagging", "text"),
    [(1, "monitor.aws.ec2-0"), (2, "monitor.aws.ec2-0 and 1 other"), (4, "monitor.aws.ec2-0 and 3 others")],
)
def test_partitions_whose_isr_lacks_the_broker_are_named_and_counted(lagging: int, text: str):
    partitions = tuple(
        replace(one, in_sync=frozenset({1, 3})) if one.number < lagging else one for one in HEALTHY.partitions
    )
    verdict = judge(2, replace(HEALTHY, partitions=partitions))
    assert not verdict.ready
    assert verdict.line == f"broker 2: not in the ISR of {text}"


def test_another_brokers_lag_is_not_this_ones():
    partitions = tuple(replace(one, in_sync=frozenset({1, 2})) for one in HEALTHY.partitions)
    assert judge(2, replace(HEALTHY, partitions=partitions)).ready


def test_partitions_without_a_replica_here_do_not_count():
    elsewhere = Partition("monitor.one", 0, 1, frozenset({1, 3}), frozenset({1}))
    assert judge(2, replace(HEALTHY, partitions=(*HEALTHY.partitions, elsewhere))).line.startswith(
        "broker 2: ready, 6 partitions"
    )
