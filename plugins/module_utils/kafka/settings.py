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
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource

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


def alterations(kind: str, name: str, changes: Mapping[str, str | None]) -> ConfigResource:
    """A request's part: keys of ``changes`` are set on topic or broker ``name``, those of None go back to default."""
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
