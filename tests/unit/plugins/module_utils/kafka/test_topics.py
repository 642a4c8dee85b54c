"""What changes of topics, and what is refused."""

from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import FOLLOWER_MARK, LEADER_MARK
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.topics import (
    LiveTopic,
    Topic,
    at_least,
    declared,
    plan,
    refusals,
)

NAME = "monitor.host.cpu"
LIVE = LiveTopic(NAME, ((1, 2, 3), (2, 3, 1), (3, 1, 2)), {"retention.ms": "1000"}, min_isr=2)
AS_DECLARED = Topic(NAME, 3, 3, {"retention.ms": "1000"})


def refused(*topics: Topic, **options: Any) -> list[str]:
    return refusals(topics, {NAME: LIVE}, brokers=3, default_min_isr=1, **options)


def test_topic_as_declared_does_not_change() -> None:
    assert refused(AS_DECLARED) == []
    assert not plan([AS_DECLARED], {NAME: LIVE}, True).difference.changed


def test_values_are_compared_as_kafka_writes_them() -> None:
    (topic,) = declared([{"name": NAME, "config": {"retention.ms": 1000, "preallocate": False}}])
    assert topic.config == {"retention.ms": "1000", "preallocate": "false"}


def test_new_topic_is_shown_whole() -> None:
    planned = plan([AS_DECLARED], {}, True)
    assert planned.create == (AS_DECLARED,)
    assert planned.difference.changes[0].after == "partitions: 3\nreplication_factor: 3\nretention.ms: 1000\n"


def test_topic_with_more_partitions_than_declared_is_left_where_that_is_wanted() -> None:
    fewer, new = Topic(NAME, 2), Topic("new", 2)
    assert refused(fewer)
    kept = at_least([fewer, new, Topic(NAME)], {NAME: LIVE})
    assert [topic.partitions for topic in kept] == [3, 2, None]
    assert refused(*kept[:1]) == []


def test_partitions_grow() -> None:
    planned = plan([Topic(NAME, 5, config=LIVE.config)], {NAME: LIVE}, True)
    assert planned.grow == {NAME: 5}
    assert planned.difference.summary() == f"topic {NAME} changed"


def test_undeclared_keys_go_back_to_default_unless_they_are_left() -> None:
    topic = Topic(NAME, config={"cleanup.policy": "compact"})
    assert plan([topic], {NAME: LIVE}, True).config == {NAME: {"cleanup.policy": "compact", "retention.ms": None}}
    assert plan([topic], {NAME: LIVE}, False).config == {NAME: {"cleanup.policy": "compact"}}


def test_marks_of_a_throttle_are_no_configuration_and_are_lifted() -> None:
    marks = {LEADER_MARK: "0:1", FOLLOWER_MARK: "0:4"}
    planned = plan([AS_DECLARED], {NAME: LiveTopic(NAME, LIVE.replicas, {**LIVE.config, **marks}, 2)}, True)
    assert planned.config == {}
    assert planned.marked == (NAME,)
    assert planned.difference.changed


def test_replication_factor_of_some_partitions_is_evened_out() -> None:
    live = LiveTopic(NAME, ((1, 2, 3), (2, 3)), {}, 2)
    assert plan([Topic(NAME, 2, 3)], {NAME: live}, True).resize == {NAME: 3}
    lopsided = plan([Topic(NAME, 2, 3)], {NAME: live}, True).difference.changes[0]
    assert lopsided.before == "partitions: 2\nreplication_factor: 3 (not of all partitions)\n"


def test_absent_topic_that_is_not_there_needs_nothing() -> None:
    gone = Topic("left", absent=True)
    assert refused(gone) == []
    assert not plan([gone], {}, True).difference.changed


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (Topic(NAME, 2), "has 3 partitions and cannot shrink to 2"),
        (Topic(NAME, absent=True), "would lose its records when it is deleted"),
        (Topic(NAME, 3, 4), "has replication factor 4, and 3 brokers are alive"),
        (Topic(NAME, 3, 0), "needs a replication factor of at least 1, not 0"),
        (Topic(NAME, 3, 1), "could not be written: min.insync.replicas is 2, above its replication factor 1"),
        (Topic("new", 3, 2, {"min.insync.replicas": "3"}), "could not be written: min.insync.replicas is 3"),
        (Topic(NAME, config={"unclean.leader.election.enable": "true"}), "would lose acknowledged records"),
        (Topic("new", 0), "needs at least one partition, not 0"),
        (Topic("a/b"), "has a name that Kafka does not take"),
        (Topic(".."), "has a name that Kafka does not take"),
    ],
)
def test_what_cannot_be_or_loses_data_is_refused_with_the_reason(topic: Topic, reason: str) -> None:
    (found,) = refused(topic)
    assert found.startswith(f"topic {topic.name} {reason}")


def test_all_refusals_come_at_once() -> None:
    found = refused(Topic(NAME, 2, 4), Topic("new", 0), Topic("new"))
    assert len(found) == 4
    assert found[-1] == "topic new is declared twice"


def test_deletion_and_unclean_elections_are_allowed_by_word() -> None:
    unclean = Topic("new", config={"unclean.leader.election.enable": "true"})
    assert refused(Topic(NAME, absent=True), unclean, allow_data_loss=True) == []
    assert plan([Topic(NAME, absent=True)], {NAME: LIVE}, True).delete == (NAME,)


def test_lower_minimum_may_come_with_a_lower_replication_factor() -> None:
    assert refused(Topic(NAME, 3, 1, {"min.insync.replicas": "1"})) == []


def test_throttle_of_moves_that_nobody_waits_for_stays() -> None:
    live = LiveTopic(NAME, LIVE.replicas, {**LIVE.config, LEADER_MARK: "0:1"}, 2)
    assert not plan([AS_DECLARED], {NAME: live}, True, settle=False).difference.changed
