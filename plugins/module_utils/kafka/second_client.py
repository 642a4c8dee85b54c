# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kafka-python's client, for the few requests that librdkafka and so confluent-kafka cannot make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

try:
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError as PythonKafkaError
except ImportError:  # second_client says so; this file must import without it
    MISSING = True
else:
    MISSING = False

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection


@contextlib.contextmanager
def second_client(connection: Connection) -> Iterator[Any]:
    """A KafkaAdminClient that has logged in and is closed afterwards. Raises Failure for all that goes wrong in it."""
    if MISSING:
        raise Failure(
            "kafka-python is missing for the Python that runs the module; set ansible_python_interpreter to that "
            "of the agents' archive (/opt/monitoring/agents/current/archive/bin/python), or install it"
        )
    client = None
    try:
        client = KafkaAdminClient(
            bootstrap_servers=list(connection.bootstrap_servers),
            security_protocol=connection.security_protocol,
            ssl_cafile=connection.ca,
            sasl_mechanism=connection.mechanism,
            sasl_plain_username=connection.username,
            sasl_plain_password=connection.password,
            request_timeout_ms=connection.timeout * 1000,
            bootstrap_timeout_ms=connection.timeout * 1000,
        )
        yield client
    except PythonKafkaError as error:
        raise Failure(f"{', '.join(connection.bootstrap_servers)}: {error}") from error
    finally:
        if client is not None:
            client.close()


def is_passing(error: Exception) -> bool:
    """Whether the same request may do a moment later, as when the controller has died and another takes over."""
    # RuntimeError is kafka-python's "Failed to find active controller id!".
    return isinstance(error, RuntimeError) or (isinstance(error, PythonKafkaError) and bool(error.retriable))
