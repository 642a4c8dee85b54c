# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics as declared and as they are, and what has to change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import MARKS

MIN_ISR = "min.insync.replicas"
UNCLEAN = "unclean.leader.election.enable"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")  # Kafka: org.apache.kafka.common.internals.Topic


@dataclass(frozen=True)
class Topic:
    """A declared topic. ``partitions`` and ``replication_factor`` None: the brokers' default, or as it is."""

    name: str
    partitions: int | None = None
    replication_factor: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    absent: bool = False


@dataclass(frozen=True)
class LiveTopic:
    """A topic that is there. ``replicas`` by partition; ``config`` is what was set on it, ``min_isr`` what holds."""

    name: str
    replicas: tuple[tuple[int, ...], ...]
    config: Mapping[str, str] = field(default_factory=dict)
    min_isr: int = 1

    @property
    def replication_factor(self) -> int:
        """Of the partition that has the most replicas; they differ only while replicas move."""
        return max(len(replicas) for replicas in self.replicas)


@dataclass(frozen=True)
class TopicPlan:
    """What to do, by topic. ``grow``: the count of partitions. ``config``: None is back to default.

    ``resize``: the replication factor. ``marked`` still carry the throttle of a run that was killed.
    """

    create: tuple[Topic, ...] = ()
    delete: tuple[str, ...] = ()
    grow: Mapping[str, int] = field(default_factory=dict)
    config: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    resize: Mapping[str, int] = field(default_factory=dict)
    marked: tuple[str, ...] = ()
    difference: Difference = field(default_factory=lambda: Difference("kafka"))


def at_least(topics: Iterable[Topic], present: Mapping[str, LiveTopic]) -> list[Topic]:
    """The topics with the partitions that they have already, where those are more than declared."""
    return [
        replace(topic, partitions=max(topic.partitions, len(present[topic.name].replicas)))
        if topic.partitions and topic.name in present
        else topic
        for topic in topics
    ]


def declared(items: Iterable[Mapping[str, Any]]) -> list[Topic]:
    """Topics as a playbook gives them; values of config become the text that Kafka has."""
    return [
        Topic(
            item["name"],
            item.get("partitions"),
            item.get("replication_factor"),
            {key: _text(value) for key, value in (item.get("config") or {}).items()},
            item.get("state") == "absent",
        )
        for item in items
    ]


def refusals(
    topics: Iterable[Topic],
    live: Mapping[str, LiveTopic],
    brokers: int,
    default_min_isr: int,
    allow_data_loss: bool = False,
) -> list[str]:
    """Everything that cannot be, or would lose data, each with the reason. brokers: how many are alive."""
    found: list[str] = []
    seen: set[str] = set()
    for topic in topics:
        reasons = [
            *_impossible(topic, brokers),
            *_losing(topic, live.get(topic.name), default_min_isr, allow_data_loss),
        ]
        if topic.name in seen:
            reasons.append("is declared twice")
        seen.add(topic.name)
        found += [f"topic {topic.name} {reason}" for reason in reasons]
    return found


def plan(topics: Iterable[Topic], live: Mapping[str, LiveTopic], purge_config: bool, settle: bool = True) -> TopicPlan:
    """What makes the topics so; refusals() has to have been empty.

    settle: whether a throttle that an earlier run left is to go, and so differs from what is declared.
    """
    create: list[Topic] = []
    delete: list[str] = []
    grow: dict[str, int] = {}
    config: dict[str, Mapping[str, str | None]] = {}
    resize: dict[str, int] = {}
    changes: list[Change] = []
    marked: list[str] = []
    for topic in topics:
        present = live.get(topic.name)
        if topic.absent:
            if present:
                delete.append(topic.name)
                changes.append(Change(f"topic {topic.name}", _lines(present, present.config), None))
            continue
        if present is None:
            create.append(topic)
            changes.append(Change(f"topic {topic.name}", None, _declared_lines(topic)))
            continue
        own = {key: value for key, value in present.config.items() if key not in MARKS}
        wanted = dict(topic.config) if purge_config else {**own, **topic.config}
        differing = {key: wanted.get(key) for key in sorted({*own, *wanted}) if own.get(key) != wanted.get(key)}
        if differing:
            config[topic.name] = differing
        if topic.partitions and topic.partitions > len(present.replicas):
            grow[topic.name] = topic.partitions
        if topic.replication_factor and any(len(item) != topic.replication_factor for item in present.replicas):
            resize[topic.name] = topic.replication_factor
        before, after = _lines(present, own), _lines(present, wanted, topic)
        if set(present.config) & set(MARKS):
            marked.append(topic.name)
        if settle and topic.name in marked:
            before += "replication throttle: left by an earlier run\n"
        if before != after:
            changes.append(Change(f"topic {topic.name}", before, after))
    return TopicPlan(
        tuple(create), tuple(delete), grow, config, resize, tuple(marked), Difference("kafka", tuple(changes))
    )


def require(found: list[str]) -> None:
    """Raise Failure with all refusals at once."""
    if found:
        raise Failure("; ".join(found))


def _impossible(topic: Topic, brokers: int) -> list[str]:
    if topic.absent:
        return []
    reasons = []
    if not _NAME.fullmatch(topic.name) or topic.name in (".", ".."):
        reasons.append("has a name that Kafka does not take (1 to 249 letters, digits, '.', '_' and '-')")
    if topic.partitions is not None and topic.partitions < 1:
        reasons.append(f"needs at least one partition, not {topic.partitions}")
    factor = topic.replication_factor
    if factor is not None and factor < 1:
        reasons.append(f"needs a replication factor of at least 1, not {factor}")
    if factor is not None and factor > brokers:
        reasons.append(f"has replication factor {factor}, and {brokers} brokers are alive: add brokers first")
    return reasons


def _losing(topic: Topic, present: LiveTopic | None, default_min_isr: int, allowed: bool) -> list[str]:
    if topic.absent:
        if present and not allowed:
            return ["would lose its records when it is deleted: say allow_data_loss: true if that is meant"]
        return []
    reasons = []
    if present and topic.partitions is not None and 1 <= topic.partitions < len(present.replicas):
        reasons.append(
            f"has {len(present.replicas)} partitions and cannot shrink to {topic.partitions}: the records of "
            "the others would be lost, so make another topic and move its readers"
        )
    if topic.config.get(UNCLEAN) == "true" and not allowed:
        reasons.append(f"would lose acknowledged records by {UNCLEAN}: say allow_data_loss: true if that is meant")
    factor = topic.replication_factor or (present.replication_factor if present else None)
    text = topic.config.get(MIN_ISR)
    needed = int(text) if text and text.isdigit() else present.min_isr if present else default_min_isr
    if factor is not None and factor >= 1 and needed > factor:
        reasons.append(f"could not be written: {MIN_ISR} is {needed}, above its replication factor {factor}")
    return reasons


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(present: LiveTopic, config: Mapping[str, str], topic: Topic | None = None) -> str:
    partitions = max(len(present.replicas), (topic.partitions or 0) if topic else 0)
    factor = (topic.replication_factor if topic else None) or present.replication_factor
    uneven = not topic and len({len(replicas) for replicas in present.replicas}) > 1
    return _joined(partitions, f"{factor} (not of all partitions)" if uneven else factor, config)


def _declared_lines(topic: Topic) -> str:
    return _joined(
        topic.partitions or "the brokers' default", topic.replication_factor or "the brokers' default", topic.config
    )


def _joined(partitions: Any, factor: Any, config: Mapping[str, str]) -> str:
    lines = [f"partitions: {partitions}", f"replication_factor: {factor}"]
    lines += [f"{key}: {value}" for key, value in sorted(config.items())]
    return "".join(f"{line}\n" for line in lines)
