"""The Kafka modules on a real cluster: what they say and do, a second time, and what they refuse."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import pytest

from tests.lab.running_lab import PLAYS, Lab

MARK = secrets.token_hex(4)
TOPIC, USER = rf"topic test\.modules\.{MARK}", rf"user modules-{MARK}"
REFUSALS = {
    "topic shrunk": rf"{TOPIC} has 2 partitions and cannot shrink to 1: the records of the others would be lost",
    "replicas above the brokers": rf"{TOPIC}\.replicas has replication factor 9, and 3 brokers are alive",
    "minimum in sync above the replicas": rf"{TOPIC}\.minimum could not be written: min\.insync\.replicas is 2, above",
    "minimum in sync raised above the replicas": rf"{TOPIC} could not be written: min\.insync\.replicas is 4, above",
    "topic deleted": rf"{TOPIC} would lose its records when it is deleted: say allow_data_loss: true",
    "topic declared twice": rf"{TOPIC} is declared twice",
    "unknown setting": rf"{TOPIC}: Unknown topic config name: retention\.hours",
    "user without a password": rf"{USER}\.none has no password",
    "user with an empty password": rf"{USER}\.empty has no password",
    "quota of nothing": rf"{USER}\.quota: quota producer_byte_rate must be above 0",
    "right of an unknown principal": rf"User:modules-{MARK}\.none has no user in the cluster: make it with kafka_user",
    "right without a meaning": rf"User:modules-{MARK}, ACL 1: CLUSTER_ACTION means nothing on a topic",
    "broker that is not there": r"the cluster is not healthy after [12] s: .*broker 9\b",
    "wrong password": r"the brokers do not let user admin in by SCRAM-SHA-512",
}


@pytest.fixture(scope="module")
def answers(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All answers of one run against one cluster."""
    path = tmp_path_factory.mktemp("answers") / "answers.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_ANSWERS", str(path))
        patch.setenv("TEST_MARK", MARK)
        run = lab.playbook(PLAYS / "kafka_objects.yml", "-l", lab.machines[-1].name)
    assert path.exists(), run.output[-6000:]
    run.succeeded()
    return dict(json.loads(path.read_text()))


@pytest.mark.parametrize("kind", ["topic", "user", "acl"])
def test_check_mode_changes_nothing_and_the_second_run_neither(answers: dict[str, Any], kind: str) -> None:
    changed = {name: answer[kind]["changed"] for name, answer in answers["rounds"].items()}
    # That it changes something for real is the proof that check mode did not.
    assert changed == {"check": True, "apply": True, "again": False}
    assert answers["rounds"]["check"][kind]["diff"] == answers["rounds"]["apply"][kind]["diff"]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("topic", ["partitions: 2", "replication_factor: 3", "min.insync.replicas: 2", "retention.ms: 600000"]),
        ("user", ["SCRAM-SHA-512: a password, 8192 iterations", "producer_byte_rate: 1000000"]),
        ("acl", [f"allow WRITE on topic test.modules.{MARK} from *"]),
    ],
)
def test_difference_says_what_is_made(answers: dict[str, Any], kind: str, lines: list[str]) -> None:
    (difference,) = answers["rounds"]["check"][kind]["diff"]
    assert not difference["before"]
    assert difference["after"].splitlines() == lines


def test_password_is_in_no_answer(answers: dict[str, Any]) -> None:
    assert MARK * 4 not in json.dumps(answers)


@pytest.mark.parametrize("case", REFUSALS)
def test_wrong_declaration_is_refused_by_name(answers: dict[str, Any], case: str) -> None:
    assert re.search(REFUSALS[case], "\n".join(answers["refusals"])), answers["refusals"]


def test_whole_cluster_is_healthy(answers: dict[str, Any]) -> None:
    healthy = answers["healthy"]
    assert (healthy["msg"], healthy["changed"], healthy["brokers"]) == ("healthy", False, [1, 2, 3])
    assert healthy["controller"] in healthy["brokers"]
