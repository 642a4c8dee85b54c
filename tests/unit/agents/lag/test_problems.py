"""What goes wrong is counted each time and said once."""

import logging

import pytest
from confluent_kafka import KafkaError
from monitoring_agents.lag.problems import Problems, reason_of

GONE = KafkaError(KafkaError._TRANSPORT)
DENIED = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="kafka_lag")
    return caplog


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "authorization"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "authorization"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, "authorization"),
        (KafkaError._AUTHENTICATION, "authentication"),
        (KafkaError._SSL, "tls"),
        (KafkaError._TIMED_OUT, "timeout"),
        (KafkaError._TRANSPORT, "unavailable"),
        (KafkaError.NOT_COORDINATOR, "unavailable"),
        (KafkaError.NOT_LEADER_FOR_PARTITION, "unavailable"),
        (KafkaError.FENCED_LEADER_EPOCH, "unavailable"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, "other"),
    ],
)
def test_an_error_has_a_reason(code: int, reason: str):
    assert reason_of(KafkaError(code).name()) == reason


def test_a_lasting_problem_is_said_once_and_counted_each_time(said: pytest.LogCaptureFixture):
    problems = Problems()
    for _time in range(3):
        problems.met("authorization", "no right")
        problems.end_collection()
    assert said.messages == ["no right"]
    assert problems.counts["authorization"] == 3


def test_a_problem_that_comes_back_is_said_again(said: pytest.LogCaptureFixture):
    problems = Problems()
    for met in (True, False, True):
        if met:
            problems.met("unavailable", "away")
        problems.end_collection()
    assert said.messages == ["away", "away"]


def test_what_befalls_many_partitions_is_one_line(said: pytest.LogCaptureFixture):
    problems = Problems()
    problems.met_errors("offsets of", [(f"monitor.aws.ec2-{number}", GONE) for number in range(15)])
    problems.met_errors("group", [("adapter", DENIED)])
    problems.end_collection()
    problems.met_errors("offsets of", [("monitor.aws.ec2-3", GONE)])  # fewer: no news
    assert len(said.messages) == 2
    assert said.messages[0].startswith("offsets of monitor.aws.ec2-0 and 14 more: ")
    assert said.messages[1].startswith("group adapter: ")
    assert problems.counts == {"unavailable": 16, "authorization": 1}


def test_an_answer_that_does_not_come_is_a_timeout():
    problems = Problems()
    problems.met_errors("group", [("adapter", TimeoutError())])
    assert problems.counts["timeout"] == 1
