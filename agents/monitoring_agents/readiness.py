# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a broker serves as it should, judged by what the cluster says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NONE = -1  # Kafka's id for "no broker"


@dataclass(frozen=True)
class Partition:
    """One partition: broker ids of its ``leader`` (NONE without), ``replicas`` and in-sync replicas."""

    topic: str
    number: int
    leader: int
    replicas: frozenset[int]
    in_sync: frozenset[int]

    @property
    def name(self) -> str:
        """Return it as Kafka writes it."""
        return f"{self.topic}-{self.number}"


@dataclass(frozen=True)
class Cluster:
    """A metadata answer: ids of the registered brokers and of the controller (NONE without), and all partitions."""

    brokers: frozenset[int]
    controller: int
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class Verdict:
    """``ready`` or not, and why in one line."""

    ready: bool
    line: str


def judge(broker: int, cluster: Cluster) -> Verdict:
    """Judge ``broker``: registered, in the ISR of every partition it has a replica of, and a controller exists."""
    own = [partition for partition in cluster.partitions if broker in partition.replicas]
    lagging = [partition.name for partition in own if broker not in partition.in_sync]
    problems = []
    if broker not in cluster.brokers:
        listed = ", ".join(str(one) for one in sorted(cluster.brokers)) or "none"
        problems.append(f"not registered in the cluster (registered: {listed})")
    if cluster.controller == NONE:
        problems.append("the cluster has no controller")
    if lagging:
        problems.append(f"not in the ISR of {_first_of(lagging)}")
    if problems:
        return Verdict(False, f"broker {broker}: {'; '.join(problems)}")
    leads = sum(partition.leader == broker for partition in own)
    controller = ", controller" if cluster.controller == broker else ""
    return Verdict(True, f"broker {broker}: ready, {len(own)} partitions, leader of {leads}{controller}")


def _first_of(names: Iterable[str]) -> str:
    """Name the first and count the rest."""
    first, *rest = sorted(names)
    if not rest:
        return first
    return f"{first} and {len(rest)} {'other' if len(rest) == 1 else 'others'}"
