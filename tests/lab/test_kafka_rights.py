"""Who may do what in Kafka and ZooKeeper: every right is proved both ways, by what works and by what is refused."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import tls_probe, znodes
from tests.lab.identities import identity
from tests.lab.remote_python import AGENTS, ask
from tests.lab.running_lab import ROOT, STATE, Lab, Machine

ATTEMPTS = Path(__file__).with_name("kafka_attempts.py")  # it imports what only hosts have
TLS = "/etc/monitoring/kafka/tls"
ROLE = yaml.safe_load((ROOT / "roles/kafka/vars/main.yml").read_text())
SUPER_USERS = ("broker", "admin")
MARK = secrets.token_hex(4)
TOPIC, OTHER, STRANGER = f"test.rights.{MARK}", f"test.rights.other.{MARK}", f"stranger-{MARK}"
METADATA = "\0\0\0\x0e\0\x03\0\1\0\0\0\1\xff\xff\0\0\0\0"
"""Kafka's request for the names of all topics, before any login."""

PROOFS: dict[tuple[str, str], list[Any]] = {
    ("topic", "DESCRIBE"): ["describe_topic", TOPIC],
    ("topic", "READ"): ["read_topic", TOPIC],
    ("topic", "WRITE"): ["write_topic", TOPIC],
    ("topic", "ALTER"): ["grow_topic", TOPIC],
    ("topic", "DESCRIBE_CONFIGS"): ["describe_configs", "topic", TOPIC],
    ("topic", "ALTER_CONFIGS"): ["alter_configs", "topic", TOPIC],
    ("group", "DESCRIBE"): ["describe_group", f"test.{MARK}"],
    ("group", "READ"): ["join_group", f"test.{MARK}", TOPIC],
    ("cluster", "DESCRIBE"): ["list_acls"],
    ("cluster", "DESCRIBE_CONFIGS"): ["describe_configs", "broker", "1"],
    ("cluster", "ALTER_CONFIGS"): ["alter_configs", "broker", "1"],
    ("cluster", "ALTER"): ["allow", STRANGER, OTHER, "DESCRIBE"],
    ("transactional_id", "WRITE"): ["start_transaction", f"test.{MARK}"],
    ("topic", "CREATE"): ["create_topic", f"{TOPIC}.new"],
    ("topic", "DELETE"): ["delete_topic", f"{TOPIC}.new"],
}
"""What can be done with each right, of those that clients have. Super users do it in this order."""


@dataclass
class Cluster:
    """A region's cluster as its users meet it, seen from one of its machines."""

    machine: Machine
    names: list[str]
    passwords: dict[str, str] = field(repr=False)

    def tries(self, *attempts: list[Any]) -> list[tuple[str, str]]:
        """Make attempts, [user, action, arguments...] each, in their order."""
        __tracebackhide__ = True  # a failed test shows arguments, and these hold passwords
        cluster = {
            "bootstrap.servers": ",".join(f"{name}:9093" for name in self.names),
            "ssl.ca.location": f"{TLS}/kafka-ca.pem",
        }
        question = {"cluster": cluster, "passwords": self.passwords, "attempts": attempts}
        return [tuple(answer) for answer in ask(self.machine, ATTEMPTS, question, AGENTS)]

    def does(self, *attempts: list[Any]) -> list[str]:
        """As tries(), and every one must work; returns what came."""
        found = self.tries(*attempts)
        assert [one for one in zip(attempts, found, strict=True) if one[1][0] != "done"] == []
        return [text for _error, text in found]


def name_of(machine: Machine) -> str:
    return re.sub(r"^node", "kafka", machine.name)


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """A cluster with two topics and a user without any right, for as long as the tests last."""
    machine = lab.machines[-1]
    names = [name_of(one) for one in lab.machines if one.region == machine.region and "kafka" in one.roles]
    passwords = dict(yaml.safe_load((STATE / "secrets.yml").read_text())["kafka_passwords"])
    found = Cluster(machine, names, {**passwords, STRANGER: secrets.token_hex(16), f"nobody-{MARK}": "x" * 12})
    try:
        found.does(
            ["admin", "create_topic", TOPIC],
            ["admin", "create_topic", OTHER],
            ["admin", "set_password", STRANGER, found.passwords[STRANGER]],
            ["admin", "write_topic", TOPIC],
        )
        yield found
    finally:
        found.tries(
            *(["admin", "delete_topic", topic] for topic in (TOPIC, OTHER, f"{TOPIC}.new")),
            ["admin", "forbid", STRANGER],
            ["admin", "limit", STRANGER, 0],
            ["admin", "delete_user", STRANGER],
            ["admin", "delete_group", f"test.{MARK}"],
        )


@pytest.mark.parametrize("port", [9093, 9094])
def test_client_that_does_not_log_in_is_closed_and_the_journal_says_why(lab: Lab, port: int) -> None:
    machine = lab.machines[-1]
    since = lab.run(machine, "date +%s.%N")
    question = {"address": machine.address, "port": port, "send": METADATA, "version": "TLSv1_3"}
    question |= {"ca": f"{TLS}/kafka-ca.pem", "server": name_of(machine)}
    assert ask(machine, Path(tls_probe.__file__), {"": question}) == {"": ["refused", "closed"]}
    journal = lab.run(machine, f"journalctl -u kafka --since @{since} -g 'Failed authentication'")
    assert "Unexpected Kafka request of type METADATA during SASL handshake" in journal


def test_unknown_user_and_wrong_password_are_told_alike(cluster: Cluster) -> None:
    wrong = Cluster(cluster.machine, cluster.names, {**cluster.passwords, "exporter": "not the password"})
    answers = wrong.tries([f"nobody-{MARK}", "login"], ["exporter", "login"], ["broker", "login"])
    assert [error for error, _text in answers] == ["_AUTHENTICATION", "_AUTHENTICATION", "done"]
    for _error, text in answers[:2]:
        assert "invalid credentials with SASL mechanism SCRAM-SHA-512" in text


def test_user_without_a_right_logs_in_and_may_nothing(cluster: Cluster) -> None:
    assert cluster.does([STRANGER, "login"])
    answers = cluster.tries(*([STRANGER, *proof] for proof in PROOFS.values()))
    outcome = dict(zip(PROOFS, answers, strict=True))
    assert {right: answer for right, answer in outcome.items() if "AUTHORIZATION_FAILED" not in answer[0]} == {}


@pytest.mark.parametrize("user", ROLE["kafka_acls_of_the_system"])
def test_declared_user_may_do_what_is_declared_and_nothing_else(cluster: Cluster, user: str) -> None:
    """A user whose ACLs name single resources needs attempts of its own; so far `*` is all there is."""
    acls = ROLE["kafka_acls_of_the_system"][user]
    assert {acl["name"] for acl in acls} <= {"*", "kafka-cluster"}
    declared = {(acl["resource_type"], operation) for acl in acls for operation in acl["operations"]}
    answers = dict(zip(PROOFS, cluster.tries(*([user, *proof] for proof in PROOFS.values())), strict=True))
    assert {right for right, (error, _text) in answers.items() if error == "done"} == declared
    for (kind, operation), (error, text) in answers.items():
        # Who may create any topic has that right on the cluster, or on the topic.
        wanted = f"{kind.upper()}_AUTHORIZATION_FAILED"
        assert error in ("done", wanted), f"{operation} on {kind}: {error} {text}"


@pytest.mark.parametrize("user", SUPER_USERS)
def test_super_user_may_do_everything(cluster: Cluster, user: str) -> None:
    # But for a first transaction: Kafka would keep its topic of transactions for ever.
    proofs = [proof for (kind, _operation), proof in PROOFS.items() if kind != "transactional_id"]
    cluster.does(*([user, *proof] for proof in proofs), [user, "forbid", STRANGER])


def test_every_declared_user_has_rights_or_is_a_super_user() -> None:
    users = {user["name"] for user in ROLE["kafka_users_of_the_system"]}
    assert users == {*SUPER_USERS, *ROLE["kafka_acls_of_the_system"]}


def test_right_to_one_topic_is_no_right_to_another_and_ends_when_it_is_taken(cluster: Cluster) -> None:
    answers = cluster.tries(
        ["admin", "allow", STRANGER, TOPIC, "WRITE"],
        [STRANGER, "write_topic", TOPIC],
        [STRANGER, "write_topic", OTHER],
        [STRANGER, "grow_topic", TOPIC],
        [STRANGER, "delete_topic", TOPIC],
        ["admin", "forbid", STRANGER],
        [STRANGER, "write_topic", TOPIC],
    )
    refused = "TOPIC_AUTHORIZATION_FAILED"
    assert [error for error, _text in answers] == ["done", "done", refused, refused, refused, "done", refused]


def test_user_is_held_to_its_quota_and_others_are_not(cluster: Cluster) -> None:
    """Kafka allows for ten seconds: at 8,000 bytes a second the fifth record of 20,000 makes its writer wait."""
    burst: list[Any] = ["write_topic", TOPIC, 20000, 5]
    unlimited, *_rest = cluster.does(
        ["admin", *burst], ["admin", "allow", STRANGER, TOPIC, "WRITE"], ["admin", "limit", STRANGER, 8000]
    )
    limited = cluster.does([STRANGER, *burst], ["admin", "limit", STRANGER, 0], ["admin", "forbid", STRANGER])[0]
    assert float(unlimited) == 0.0
    assert float(limited) > 0.5


NEVER = 1_000_000
"""A version that no znode has: a command that is allowed fails for it and destroys nothing."""


def znodes_answer(machine: Machine, shown: str, *commands: str) -> str:
    question = {
        "server": f"{re.sub(r'^node', 'zookeeper', machine.name)}:2281",
        "identity": shown,
        "ca": f"{TLS}/zookeeper-ca.pem",
        "commands": commands,
    }
    return str(ask(machine, Path(znodes.__file__), question))


def test_what_brokers_keep_in_zookeeper_is_theirs_alone(lab: Lab) -> None:
    """Even to somebody with a certificate of ZooKeeper's own authority, if it is not the brokers' identity."""
    machine = lab.machines[-1]
    commands = (
        "ls /config/users",
        "get /config/users/exporter",
        f"set -v {NEVER} /config/users/exporter x",
        f"delete -v {NEVER} /config/users/exporter",
        f"create /config/users/{STRANGER} x",
        f"create /kafka-acl/Topic/{STRANGER} x",
        f"set -v {NEVER} /brokers/topics x",
        f"set -v {NEVER} /controller x",
    )
    other = identity(STATE / "ca" / "zookeeper", f"other.{machine.region}")
    refused = re.findall(r"^Insufficient permission : (\S+)$", znodes_answer(machine, other, *commands), re.M)
    assert refused == [re.sub(r"^\S+ (-v \d+ )?", "", command).split()[0] for command in commands]
    listed = znodes_answer(machine, f"{TLS}/zookeeper-bundle.pem", "ls /config/users")
    assert re.search(r"^\[.*\bexporter\b.*\]$", listed, re.M)
