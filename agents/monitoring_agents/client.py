# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the programs reach Kafka: a file of librdkafka's own settings, and what its errors mean.

The file is JSON, for example::

    {"bootstrap.servers": "a:9093,b:9093", "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
     "sasl.username": "exporter", "sasl.password": "...", "ssl.ca.location": "/etc/monitoring/kafka/tls/ca.pem"}
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitoring_agents.failures import Failure

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

# librdkafka's names of errors, the most telling first: a refused login also brings "all brokers are down".
_TELLING = ("_AUTHENTICATION", "_SSL", "_RESOLVE", "_TRANSPORT")
_ADDRESS = re.compile(r"^(?:\w+://)?(?P<address>[^/\s]+)/\S+?: ")
_ASIDE = re.compile(r" \(after \d+ms in state .*\)$|error:[0-9A-F]+:SSL routines::?|Connect to \S+ failed: ")


def client_settings(path: Path, **overrides: str) -> dict[str, Any]:
    """Return the settings in ``path``, with ``overrides`` (an underscore stands for a dot) and without log lines.

    Raises Failure when the file cannot be read or is not an object with ``bootstrap.servers``.
    """
    try:
        settings = json.loads(path.read_text())
    except OSError as error:
        raise Failure(f"client configuration {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        # The parser's text is kept, the document is not: it holds a password.
        raise Failure(f"client configuration {path} is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise Failure(f"client configuration {path} is not a JSON object")
    settings |= {name.replace("_", "."): value for name, value in overrides.items()}
    if not settings.get("bootstrap.servers"):
        raise Failure(f"client configuration {path} names no bootstrap.servers")
    # Errors reach us through error_cb; librdkafka's own lines on stderr would say them again.
    return settings | {"log_level": 0}


def reason(name: str, text: str, user: str) -> str:
    """Say in one line what librdkafka's error ``name`` with its ``text`` means for the login ``user``."""
    found = _ADDRESS.match(text)
    address = found["address"] if found else "the broker"
    said = _ASIDE.sub("", text[found.end() :] if found else text).strip()
    if name == "_AUTHENTICATION" and "invalid credentials" in said:
        return (
            f"user {user} cannot log in: its SCRAM credentials are missing or its password differs; "
            "ansible-playbook selfhosted.monitoring.rotate_secrets declares users again"
        )
    if name == "_AUTHENTICATION":
        return f"user {user} cannot log in at {address}: {said}"
    if name == "_SSL" or "SSL handshake failed" in said or "SSL connection closed" in said:
        return f"TLS refused by or towards {address}: {said.removeprefix('SSL handshake failed: ')}"
    return f"{address} is not reachable: {said}"


class ClientErrors:
    """The errors that a client met: give it to librdkafka as ``error_cb``."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._texts: dict[str, str] = {}

    def __call__(self, error: KafkaError) -> None:
        """Keep the first error of each name."""
        self._texts.setdefault(error.name(), error.str())

    def forget(self) -> None:
        """Begin anew: what was met before says nothing of what comes."""
        self._texts.clear()

    @property
    def final(self) -> bool:
        """Whether trying again cannot help: TLS or the login was refused."""
        return "_AUTHENTICATION" in self._texts or "_SSL" in self._texts

    @property
    def name(self) -> str:
        """librdkafka's name of the most telling error, "" if none came."""
        return next((name for name in _TELLING if name in self._texts), "")

    def reason(self, otherwise: str) -> str:
        """Return the most telling error in one line, or ``otherwise`` if none came."""
        name = self.name
        return reason(name, self._texts[name], self._user) if name else otherwise
