"""Which passwords, slots and quotas change."""

from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import SHA_256, SHA_512
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.users import (
    LiveUsers,
    User,
    declared,
    plan,
    undeclared,
)

RELAY = User("relay", {SHA_512: "first"})
AS_DECLARED = LiveUsers({"relay": {SHA_512: 8192}}, {}, {("relay", SHA_512)})


def item(name: str = "relay", **options: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", **options}


def test_new_user_gets_its_password() -> None:
    planned = plan([RELAY], LiveUsers({}, {}, set()), 8192)
    assert planned.passwords == {("relay", SHA_512): "first"}
    assert planned.difference.summary() == "user relay new"


def test_password_that_logs_in_is_unchanged() -> None:
    planned = plan([RELAY], AS_DECLARED, 8192)
    assert not planned.difference.changed
    assert not planned.passwords
    assert not planned.slots


def test_password_that_does_not_log_in_is_set_again() -> None:
    planned = plan([RELAY], LiveUsers({"relay": {SHA_512: 8192}}, {}, set()), 8192)
    assert planned.passwords == {("relay", SHA_512): "first"}
    assert planned.difference.changes[0].after == "SCRAM-SHA-512: another password, 8192 iterations\n"


def test_other_iterations_set_the_same_password_again() -> None:
    planned = plan([RELAY], AS_DECLARED, 4096)
    assert planned.passwords == {("relay", SHA_512): "first"}
    assert planned.difference.changes[0].after == "SCRAM-SHA-512: a password, 4096 iterations\n"


def test_second_password_fills_the_second_slot_and_leaves_the_first() -> None:
    planned = plan([User("relay", {SHA_512: "first", SHA_256: "second"})], AS_DECLARED, 8192)
    assert planned.passwords == {("relay", SHA_256): "second"}
    assert planned.slots == ()


def test_slot_that_is_not_declared_is_deleted() -> None:
    live = LiveUsers({"relay": {SHA_512: 8192, SHA_256: 8192}}, {}, {("relay", SHA_512)})
    assert plan([RELAY], live, 8192).slots == (("relay", SHA_256),)


def test_undeclared_users_go_but_those_kept() -> None:
    going = undeclared([RELAY], ["admin", "left", "relay"], {"admin"})
    live = LiveUsers({"left": {SHA_512: 8192}}, {"left": {"producer_byte_rate": 5.0}}, set())
    planned = plan(going, live, 8192)
    assert planned.slots == (("left", SHA_512),)
    assert planned.quotas == {"left": {"producer_byte_rate": None}}
    assert planned.difference.summary() == "user left removed"


def test_declared_quotas_are_whole_and_undeclared_ones_stay() -> None:
    live = LiveUsers(
        AS_DECLARED.iterations,
        {"relay": {"producer_byte_rate": 5.0, "request_percentage": 50.0}},
        AS_DECLARED.holding,
    )
    whole = plan([User("relay", RELAY.passwords, {"producer_byte_rate": 7.0})], live, 8192)
    assert whole.quotas == {"relay": {"producer_byte_rate": 7.0, "request_percentage": None}}
    assert plan([RELAY], live, 8192).quotas == {}


def test_no_password_shows_in_any_representation() -> None:
    planned = plan([User("relay", {SHA_512: "first", SHA_256: "second"})], LiveUsers({}, {}, set()), 8192)
    shown = repr(planned) + str(planned.difference.as_diff()) + repr(RELAY)
    assert "first" not in shown
    assert "second" not in shown


def test_everything_that_cannot_be_is_refused_at_once() -> None:
    items = [
        item(password=""),
        item("twice", password="x"),
        item("twice", password="x"),
        item("plain", passwords={"PLAIN": "x"}),
        item("quota", password="x", quotas={"producer_byte_rate": 0}),
    ]
    with pytest.raises(Failure) as refusal:
        declared(items, 100)
    assert str(refusal.value).split("; ") == [
        "iterations must be 4096 to 16384, which Kafka accepts: 100",
        "user relay has no password",
        "user twice is declared twice",
        "user plain: PLAIN is no mechanism, choose of SCRAM-SHA-512 and SCRAM-SHA-256",
        "user quota: quota producer_byte_rate must be above 0",
    ]
