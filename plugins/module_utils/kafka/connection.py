# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reaching a cluster: options of a module become a client that has logged in, or the reason why not."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

try:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient
except ImportError:  # connect says so; this file must import without it
    MISSING = True
else:
    MISSING = False

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

SHA_512 = "SCRAM-SHA-512"
SHA_256 = "SCRAM-SHA-256"
MECHANISMS = (SHA_512, SHA_256)
ARGUMENTS: dict[str, Any] = {
    "bootstrap_servers": {"type": "list", "elements": "str", "required": True},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "mechanism": {"type": "str", "choices": list(MECHANISMS), "default": SHA_512},
    "ca": {"type": "path"},
    "security_protocol": {"type": "str", "choices": ["SASL_SSL", "SASL_PLAINTEXT"], "default": "SASL_SSL"},
    "timeout": {"type": "int", "default": 30},
}


class LoginRefused(Failure):
    """The brokers answer and do not take the user or the password."""


@dataclass(frozen=True)
class Connection:
    """How a cluster is reached; ``timeout`` is what one request may last, in seconds."""

    bootstrap_servers: tuple[str, ...]
    username: str
    password: str
    mechanism: str = SHA_512
    ca: str | None = None
    security_protocol: str = "SASL_SSL"
    timeout: int = 30

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Connection:
        """The options of the fragment kafka_connection. Raises Failure for options that cannot lead anywhere."""
        if not params["bootstrap_servers"]:
            raise Failure("bootstrap_servers is empty; name at least one broker as host:port")
        if params["timeout"] < 1:
            raise Failure("timeout is below 1 second; give what one request may last")
        if params["ca"] and not os.access(params["ca"], os.R_OK):
            raise Failure(f"ca {params['ca']} cannot be read on the machine that runs the module")
        return cls(
            tuple(params["bootstrap_servers"]),
            **{key: params[key] for key in ARGUMENTS if key != "bootstrap_servers"},
        )

    def of_user(self, username: str, password: str, mechanism: str) -> Connection:
        """The same brokers as another user."""
        return replace(self, username=username, password=password, mechanism=mechanism)

    def to_broker(self, address: str) -> Connection:
        """The same user at one broker, host:port."""
        return replace(self, bootstrap_servers=(address,))

    def settings(self) -> dict[str, Any]:
        """librdkafka's configuration. Its own log is off: what matters comes by error_cb."""
        return {
            "bootstrap.servers": ",".join(self.bootstrap_servers),
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.mechanism,
            "sasl.username": self.username,
            "sasl.password": self.password,
            "socket.timeout.ms": max(self.timeout, 1) * 1000,
            "log_level": 0,
            **({"ssl.ca.location": self.ca} if self.ca else {}),
        }


def connect(connection: Connection, within: float | None = None) -> AdminClient:
    """A client that has logged in. Raises LoginRefused at once, and Failure when no broker answered in time.

    within: seconds, by default the connection's timeout.
    """
    if MISSING:
        raise Failure(
            "confluent-kafka is missing for the Python that runs the module; set ansible_python_interpreter "
            "to that of the agents' archive (/opt/monitoring/agents/current/archive/bin/python), or install it"
        )
    reasons: list[KafkaError] = []
    # Each broker is asked by a client of its own: librdkafka stays with the first one that lets it in, also when that
    # one knows nothing of the others (a broker whom the controller does not reach).
    clients = [_client(connection.to_broker(server), reasons) for server in connection.bootstrap_servers]
    deadline = time.monotonic() + (connection.timeout if within is None else within)
    patience = 0.25  # a refused login shows between two attempts, so the first ones are short
    while True:
        for client in clients:
            remaining = deadline - time.monotonic()
            try:
                client.list_topics(timeout=max(min(patience, remaining), 0.05))
            except KafkaException as error:
                client.poll(0)
                if any(reason.code() == KafkaError._AUTHENTICATION for reason in reasons):
                    raise LoginRefused(
                        f"the brokers do not let user {connection.username} in by {connection.mechanism}: "
                        "the user is not there or the password is another"
                    ) from error
                if remaining <= 0:
                    raise Failure(_silence(connection, reasons or [error.args[0]])) from error
            else:
                return client
        patience *= 2


def _client(connection: Connection, reasons: list[KafkaError]) -> AdminClient:
    try:
        configuration: dict[str, Any] = {**connection.settings(), "error_cb": reasons.append}
        return AdminClient(configuration)
    except KafkaException as error:  # a file that holds no certificates, say
        raise Failure(f"the connection's options do not hold: {error.args[0].str()}") from error


def explain(error: Exception) -> str:
    """What a client's exception says, without its type's decoration."""
    if not MISSING and isinstance(error, KafkaException) and error.args and isinstance(error.args[0], KafkaError):
        return f"{error.args[0].name()}: {error.args[0].str()}"
    return f"{type(error).__name__}: {error}"


def _silence(connection: Connection, reasons: list[KafkaError]) -> str:
    telling = [reason for reason in reasons if reason.code() != KafkaError._ALL_BROKERS_DOWN] or reasons
    latest = dict.fromkeys(reason.str().split(" (after ")[0] for reason in telling[-20:])
    return f"no broker of {', '.join(connection.bootstrap_servers)} answers: {'; '.join(list(latest)[:3])}"
