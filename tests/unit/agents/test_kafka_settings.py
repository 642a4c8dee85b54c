"""Keys that a broker does not know are refused; Kafka would only warn."""

from pathlib import Path

import pytest
from monitoring_agents import kafka_settings
from monitoring_agents.failures import Failure

DEFINED = frozenset(
    {"log.retention.hours", "ssl.keystore.location", "sasl.jaas.config", "config.providers", "broker.id"}
)


def test_keys_of_listeners_and_providers_are_known_by_what_they_set() -> None:
    used = [
        "broker.id",
        "listener.name.client.ssl.keystore.location",
        "listener.name.client.scram-sha-512.sasl.jaas.config",
        "config.providers.file.param.allowed.paths",
        "config.providers",
        "super.users",
    ]
    assert kafka_settings.unknown(used, DEFINED) == []


def test_misspelt_key_is_named_with_the_one_that_was_meant() -> None:
    assert kafka_settings.unknown(["log.retention.hour", "listener.name.client.ssl.keystore", "zzz"], DEFINED) == [
        "unknown key log.retention.hour; did you mean log.retention.hours?",
        "unknown key listener.name.client.ssl.keystore; did you mean ssl.keystore.location?",
        "unknown key zzz",
    ]


def test_keys_are_read_from_properties() -> None:
    assert kafka_settings.keys("# c\n! d\n\nbroker.id=1\nlog.dirs = /a:b\n") == ["broker.id", "log.dirs"]


def test_java_that_is_not_there_is_a_complaint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "server.properties"
    file.write_text("broker.id=1\n")
    assert kafka_settings.main(["--java", "/none", "--libs", str(tmp_path), str(file)]) == 1
    assert "cannot be had" in capsys.readouterr().out
    with pytest.raises(Failure, match="cannot be had"):
        kafka_settings.known("/bin/true", tmp_path)
