# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster as one of its brokers describes it: values, and the call that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

NO_LEADER = -1
SHOWN = 10


@dataclass(frozen=True)
class Partition:
    """One partition; ``leader`` is NO_LEADER where it is offline, the first replica is the preferred leader."""

    topic: str
    number: int
    leader: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]

    @property
    def name(self) -> str:
        """As Kafka's own logs and directories name it."""
        return f"{self.topic}-{self.number}"

    @property
    def missing(self) -> tuple[int, ...]:
        """Replicas that are not in sync."""
        return tuple(sorted(set(self.replicas) - set(self.isr)))


@dataclass(frozen=True)
class View:
    """What one broker knows: the controller's id (-1: none), brokers' addresses by id, partitions."""

    controller: int
    brokers: Mapping[int, str]
    partitions: tuple[Partition, ...]

    def topics(self) -> dict[str, list[Partition]]:
        """Partitions by topic, in order."""
        result: dict[str, list[Partition]] = {}
        for partition in self.partitions:
            result.setdefault(partition.topic, []).append(partition)
        return result


def view(client: AdminClient, timeout: float) -> View:
    """Read one broker's metadata. Raises the client's exceptions."""
    return from_metadata(client.list_topics(timeout=timeout))


def racks(client: AdminClient, timeout: float) -> dict[int, str]:
    """Racks of the registered brokers; "" where a broker has none. Raises the client's exceptions."""
    answer = client.describe_cluster(request_timeout=timeout).result()
    return {node.id: node.rack or "" for node in answer.nodes}


def from_metadata(metadata: Any) -> View:
    """Take librdkafka's ClusterMetadata as a value."""
    return View(
        metadata.controller_id,
        {broker.id: f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()},
        tuple(
            Partition(name, partition.id, partition.leader, tuple(partition.replicas), tuple(partition.isrs))
            for name, topic in sorted(metadata.topics.items())
            for partition in sorted(topic.partitions.values(), key=lambda item: item.id)
        ),
    )


def shortened(names: Iterable[str]) -> str:
    """The first of many names, and how many more there are."""
    listed = list(names)
    more = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {more} more" if more > 0 else "")
