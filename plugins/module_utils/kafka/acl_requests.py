# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs of a cluster: listed, created, deleted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connection.connect says so
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import (
        AclBinding,
        AclBindingFilter,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.acls import Acl
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import shortened
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection, connect

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

# librdkafka calls Kafka's resource type CLUSTER by the name BROKER; both are number 4 of the protocol.
_TYPES = {"topic": "TOPIC", "group": "GROUP", "cluster": "BROKER", "transactional_id": "TRANSACTIONAL_ID"}


def read(client: AdminClient, timeout: float) -> set[Acl]:
    """All ACLs of the kinds that can be declared. Raises the client's exceptions."""
    anything: Any = None  # the stubs ask for a text, the library for None where any will do
    everything = AclBindingFilter(
        ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything, AclOperation.ANY, AclPermissionType.ANY
    )
    names = {value: key for key, value in _TYPES.items()}
    return {
        Acl(
            found.principal,
            names[found.restype.name],
            found.name,
            found.resource_pattern_type.name.lower(),
            found.operation.name,
            found.permission_type.name.lower(),
            found.host,
        )
        for found in client.describe_acls(everything, request_timeout=timeout).result()
        if found.restype.name in names
    }


def create(client: AdminClient, acls: Iterable[Acl], timeout: float) -> None:
    """Create them in one request. Raises Failure naming every one that was refused."""
    wanted = {AclBinding(**_parts(acl)): acl for acl in acls}
    if wanted:
        _settle(client.create_acls(list(wanted), request_timeout=timeout), wanted, "created")


def delete(client: AdminClient, acls: Iterable[Acl], timeout: float) -> None:
    """Delete exactly these in one request. Raises Failure naming every one that was refused."""
    wanted = {AclBindingFilter(**_parts(acl)): acl for acl in acls}
    if wanted:
        _settle(client.delete_acls(list(wanted), request_timeout=timeout), wanted, "deleted")


def wait_until_known(
    connection: Connection, brokers: Iterable[str], present: Collection[Acl], absent: Collection[Acl], within: float
) -> None:
    """Return when every broker has learned what is there and what is not, a moment later each by itself.

    Raises Failure naming the brokers after ``within`` seconds.
    """
    deadline = time.monotonic() + within
    waiting = {broker: connect(connection.to_broker(broker), within) for broker in brokers}
    while waiting:
        known = {broker: read(client, within) for broker, client in waiting.items()}
        for broker, acls in known.items():
            if acls >= set(present) and not acls & set(absent):
                del waiting[broker]
        if waiting and time.monotonic() > deadline:
            raise Failure(f"ACLs were changed, and after {within:.0f} s not known to {shortened(waiting)}")


def _parts(acl: Acl) -> dict[str, Any]:
    return {
        "restype": ResourceType[_TYPES[acl.resource_type]],
        "name": acl.name,
        "resource_pattern_type": ResourcePatternType[acl.pattern.upper()],
        "principal": acl.principal,
        "host": acl.host,
        "operation": AclOperation[acl.operation],
        "permission_type": AclPermissionType[acl.permission.upper()],
    }


def _settle(answers: Any, wanted: dict[Any, Acl], verb: str) -> None:
    refused = []
    for binding, answer in answers.items():
        try:
            answer.result()
        except KafkaException as error:
            acl = wanted[binding]
            refused.append(f"{acl.principal}: {acl.line()}: {error.args[0].str()}")
    if refused:
        raise Failure(f"ACLs were not {verb}: {'; '.join(refused)}")
