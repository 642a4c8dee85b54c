# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration of topics and brokers: what was set on them, and what holds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connection.connect says so
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient


@dataclass(frozen=True)
class Settings:
    """Keys that were set on the resource itself, and the values of all keys, which include defaults."""

    own: Mapping[str, str]
    effective: Mapping[str, str]


def topic_settings(client: AdminClient, topics: Iterable[str], timeout: float) -> dict[str, Settings]:
    """Settings by topic, in one request. Raises the client's exceptions."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in sorted(topics)]
    if not resources:
        return {}
    answers = client.describe_configs(resources, request_timeout=timeout)
    return {
        resource.name: _settings(answer.result(), ConfigSource.DYNAMIC_TOPIC_CONFIG)
        for resource, answer in answers.items()
    }


def broker_settings(client: AdminClient, brokers: Iterable[int], timeout: float) -> dict[int, Settings]:
    """Settings by broker id; each broker answers for itself. ``own`` are the dynamic ones of that broker alone."""
    requests = [
        client.describe_configs([ConfigResource(ConfigResource.Type.BROKER, str(broker))], request_timeout=timeout)
        for broker in sorted(brokers)
    ]
    answers = {int(resource.name): answer for request in requests for resource, answer in request.items()}
    return {
        broker: _settings(answer.result(), ConfigSource.DYNAMIC_BROKER_CONFIG) for broker, answer in answers.items()
    }


def alter(
    client: AdminClient,
    wanted: Mapping[tuple[str, str], Mapping[str, str | None]],
    timeout: float,
    validate_only: bool = False,
) -> None:
    """Set keys by ("topic" or "broker", name); None takes one back to its default.

    Raises Failure naming every resource that was refused, with the broker's reason.
    """
    if refused := refused_alterations(client, wanted, timeout, validate_only):
        raise Failure(f"configuration was refused: {'; '.join(refused)}")


def refused_alterations(
    client: AdminClient,
    wanted: Mapping[tuple[str, str], Mapping[str, str | None]],
    timeout: float,
    validate_only: bool = True,
) -> list[str]:
    """As alter(), with the refusals as the answer."""
    resources = [_alterations(kind, name, changes) for (kind, name), changes in wanted.items() if changes]
    # librdkafka takes one broker a request; topics go together.
    brokers = [resource for resource in resources if resource.restype == ConfigResource.Type.BROKER]
    topics = [resource for resource in resources if resource.restype == ConfigResource.Type.TOPIC]
    requests = [
        client.incremental_alter_configs(group, request_timeout=timeout, validate_only=validate_only)
        for group in [*([broker] for broker in brokers), topics]
        if group
    ]
    refused = []
    for resource, answer in [item for request in requests for item in request.items()]:
        try:
            answer.result()
        except KafkaException as error:
            refused.append(f"{resource.restype.name.lower()} {resource.name}: {error.args[0].str()}")
    return refused


def _alterations(kind: str, name: str, changes: Mapping[str, str | None]) -> ConfigResource:
    entries = [
        ConfigEntry(
            key,
            value if value is not None else "",
            incremental_operation=AlterConfigOpType.SET if value is not None else AlterConfigOpType.DELETE,
        )
        for key, value in sorted(changes.items())
    ]
    return ConfigResource(ConfigResource.Type[kind.upper()], name, incremental_configs=entries)


def _settings(entries: Mapping[str, Any], own: ConfigSource) -> Settings:
    # A topic's value that comes from a broker's dynamic default is not the topic's own.
    return Settings(
        {name: entry.value for name, entry in entries.items() if entry.source == own.value},
        {name: entry.value for name, entry in entries.items() if entry.value is not None},
    )
