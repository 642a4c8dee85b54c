"""How the programs reach Kafka, and how they say why they do not. The texts are librdkafka 2.16's own."""

from pathlib import Path
from typing import Any

import pytest
from monitoring_agents.client import ClientErrors, client_settings, reason
from monitoring_agents.failures import Failure

LOGIN = (
    "sasl_ssl://127.0.0.1:9093/bootstrap: SASL authentication error: Authentication failed during authentication due "
    "to invalid credentials with SASL mechanism SCRAM-SHA-512 (after 312ms in state AUTH_REQ)"
)


class Error:
    """Stands for a KafkaError, which only librdkafka can make with a text."""

    def __init__(self, name: Any, text: Any) -> None:
        self._name, self._text = name, text

    def name(self) -> Any:
        return self._name

    def str(self) -> Any:
        return self._text


def test_settings_are_those_of_the_file_with_overrides(tmp_path: Path):
    path = tmp_path / "client.json"
    path.write_text('{"bootstrap.servers": "a:9093", "sasl.username": "exporter"}')
    settings = client_settings(path, bootstrap_servers="b:9093")
    assert settings["bootstrap.servers"] == "b:9093"
    assert settings["sasl.username"] == "exporter"


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_file_that_is_no_configuration_is_refused_by_name(tmp_path: Path, content: str):
    path = tmp_path / "client.json"
    path.write_text(content)
    with pytest.raises(Failure, match=r"client\.json"):
        client_settings(path)


def test_a_broken_file_does_not_show_its_password(tmp_path: Path):
    path = tmp_path / "client.json"
    path.write_text('{"sasl.password": "hunter2"')
    with pytest.raises(Failure) as caught:
        client_settings(path)
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(Failure, match=r"none\.json cannot be read: No such file"):
        client_settings(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "_AUTHENTICATION",
            LOGIN,
            "user broker cannot log in: its SCRAM credentials are missing or its password differs; "
            "ansible-playbook selfhosted.monitoring.rotate_secrets declares users again",
        ),
        (
            "_SSL",
            "sasl_ssl://127.0.0.1:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify"
            " failed: broker certificate could not be verified (after 3ms in state SSL_HANDSHAKE)",
            "TLS refused by or towards 127.0.0.1:9093: certificate verify failed: "
            "broker certificate could not be verified",
        ),
        (
            "_TRANSPORT",
            "sasl_ssl://127.0.0.1:9093/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by peer: "
            "connecting to a PLAINTEXT broker listener? (after 5ms in state SSL_HANDSHAKE)",
            "TLS refused by or towards 127.0.0.1:9093: Disconnected: SSL connection closed by peer: "
            "connecting to a PLAINTEXT broker listener?",
        ),
        (
            "_TRANSPORT",
            "sasl_ssl://127.0.0.1:9093/2: Connect to ipv4#127.0.0.1:9093 failed: Connection refused "
            "(after 0ms in state CONNECT, 27 identical error(s) suppressed)",
            "127.0.0.1:9093 is not reachable: Connection refused",
        ),
    ],
)
def test_an_error_is_said_in_one_line(name: str, text: str, said: str):
    assert reason(name, text, "broker") == said


def test_the_refused_login_is_told_rather_than_the_brokers_being_down():
    errors = ClientErrors("broker")
    errors(Error("_ALL_BROKERS_DOWN", "1/1 brokers are down"))
    errors(Error("_TRANSPORT", "sasl_ssl://a:9093/bootstrap: Disconnected"))
    assert not errors.final
    errors(Error("_AUTHENTICATION", LOGIN))
    assert errors.final
    assert errors.reason("nothing").startswith("user broker cannot log in")


def test_without_an_error_the_caller_says_what_it_saw():
    assert ClientErrors("broker").reason("no answer") == "no answer"
