"""What the Kafka modules refuse before they ask a broker, and how they say that none answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.modules import (
    kafka_acl,
    kafka_health,
    kafka_reassignment,
    kafka_topic,
    kafka_user,
)

Run = Callable[..., dict[str, Any]]
# Nothing listens on port 1 of the loopback.
NOWHERE = {
    "bootstrap_servers": ["127.0.0.1:1"],
    "username": "admin",
    "password": "of-the-admin",
    "security_protocol": "SASL_PLAINTEXT",
    "timeout": 1,
}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (kafka_health, {}),
        (kafka_topic, {"name": "monitor.host.cpu"}),
        (kafka_user, {"users": [{"name": "relay", "password": "of-the-relay"}]}),
        (kafka_acl, {"acls": {}}),
        (kafka_reassignment, {"brokers": [{"id": 1}]}),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_silent_cluster_is_named_and_no_password_is(
    run_module: Run, module: Any, options: dict[str, Any], check: bool
) -> None:
    answer = run_module(module.main, check=check, **NOWHERE, **options)
    assert answer["failed"]
    assert "no broker of 127.0.0.1:1 answers: " in answer["msg"]
    assert "of-the-" not in json.dumps(answer)


def test_users_without_a_password_are_refused_by_name_and_none_of_the_others_shows(run_module: Run) -> None:
    users = [{"name": "relay"}, {"name": "exporter", "passwords": {"PLAIN": "of-the-exporter"}}]
    answer = run_module(kafka_user.main, **NOWHERE, users=users)
    assert "user relay has no password; user exporter: PLAIN is no mechanism" in answer["msg"]
    assert "of-the-exporter" not in json.dumps(answer)


def test_meaningless_acl_is_refused_by_principal(run_module: Run) -> None:
    acls = {"relay": [{"resource_type": "group", "name": "g", "operations": ["WRITE"]}]}
    assert (
        "User:relay, ACL 1: WRITE means nothing on a group" in run_module(kafka_acl.main, **NOWHERE, acls=acls)["msg"]
    )


def test_connection_without_brokers_is_refused(run_module: Run) -> None:
    answer = run_module(kafka_health.main, **{**NOWHERE, "bootstrap_servers": []})
    assert answer["msg"] == "bootstrap_servers is empty; name at least one broker as host:port"


def test_ca_that_is_not_there_is_refused(run_module: Run) -> None:
    answer = run_module(kafka_topic.main, **{**NOWHERE, "security_protocol": "SASL_SSL"}, ca="/nowhere.pem", name="t")
    assert answer["msg"] == "ca /nowhere.pem cannot be read on the machine that runs the module"
