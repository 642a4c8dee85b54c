# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which moves lead to the brokers that shall hold everything, and why there may be none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.balance import balanced
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import NO_LEADER, View, shortened
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import Move


@dataclass(frozen=True)
class LiveReplicas:
    """A cluster before a reassignment.

    ``racks`` by living broker. ``ongoing``: moves that an earlier run began. Topics and brokers that still carry
    a throttle of one are ``marked`` and ``rated``.
    """

    view: View
    racks: Mapping[int, str]
    ongoing: tuple[Move, ...] = ()
    marked: tuple[str, ...] = ()
    rated: tuple[int, ...] = ()


@dataclass(frozen=True)
class MovePlan:
    """``stop`` are moves of an earlier run that lead elsewhere, ``finish`` those that lead where they shall."""

    moves: tuple[Move, ...]
    stop: tuple[Move, ...] = ()
    finish: tuple[Move, ...] = ()
    marked: tuple[str, ...] = ()
    rated: tuple[int, ...] = ()
    layout: Mapping[tuple[str, int], tuple[int, ...]] = field(default_factory=dict, repr=False)
    difference: Difference = field(default_factory=lambda: Difference("kafka"))


def targets(items: Iterable[Mapping[str, Any]], alive: Mapping[int, str]) -> dict[int, str]:
    """Racks by broker that shall hold everything. Raises Failure naming every broker that cannot."""
    result: dict[int, str] = {}
    wrong: list[str] = []
    for item in items:
        broker, rack = item["id"], item.get("rack")
        if broker in result:
            wrong.append(f"broker {broker} is declared twice")
        if broker not in alive:
            wrong.append(f"broker {broker} is not alive (alive: {', '.join(str(other) for other in sorted(alive))})")
        elif rack is not None and rack != alive[broker]:
            known = f"has rack {alive[broker]}" if alive[broker] else "has no rack"
            wrong.append(f"broker {broker} {known} in the cluster and {rack} here; set its broker.rack right first")
        result[broker] = alive.get(broker, "")
    if not result:
        wrong.append("brokers is empty; name those that shall hold the partitions")
    if wrong:
        raise Failure("; ".join(wrong))
    return result


def plan(live: LiveReplicas, racks: Mapping[int, str]) -> MovePlan:
    """The moves after which exactly ``racks``' brokers hold everything.

    Raises Failure naming every topic that these brokers cannot hold as safely as it is held now.
    """
    stop = tuple(sorted(move for move in live.ongoing if not set(move.after) <= set(racks)))
    finish = tuple(sorted(move for move in live.ongoing if set(move.after) <= set(racks)))
    present = {(partition.topic, partition.number): partition.replicas for partition in live.view.partitions}
    # While a partition moves its metadata lists old and new replicas; what counts is where it will be.
    present.update({(move.topic, move.number): move.before for move in stop})
    present.update({(move.topic, move.number): move.after for move in finish})
    if wrong := _refusals(live, present, racks):
        raise Failure("; ".join(wrong))
    changed = balanced(present, racks)
    moves = tuple(Move(*key, present[key], replicas) for key, replicas in sorted(changed.items()))
    changes = [*_changes(moves), *_leftovers(live, stop, finish)]
    layout = {**present, **changed}
    return MovePlan(moves, stop, finish, live.marked, live.rated, layout, Difference("kafka", tuple(changes)))


def counts(layout: Mapping[tuple[str, int], Sequence[int]], brokers: Iterable[int]) -> list[dict[str, int]]:
    """Replicas and preferred leaders of each broker."""
    held = Counter(broker for replicas in layout.values() for broker in replicas)
    led = Counter(replicas[0] for replicas in layout.values())
    return [{"id": broker, "replicas": held[broker], "leaders": led[broker]} for broker in sorted(brokers)]


def _refusals(
    live: LiveReplicas, present: Mapping[tuple[str, int], tuple[int, ...]], racks: Mapping[int, str]
) -> list[str]:
    found = []
    factors: dict[str, int] = {}
    spread: dict[str, int] = {}
    for (topic, _number), replicas in present.items():
        factors[topic] = max(factors.get(topic, 0), len(replicas))
        # A broker that is not alive had a rack, too; which, nobody says.
        known = {live.racks.get(broker, f"?{broker}") for broker in replicas}
        spread[topic] = max(spread.get(topic, 0), len(known))
    there = len(set(racks.values()))
    if short := sorted(topic for topic, factor in factors.items() if factor > len(racks)):
        most = max(factors[topic] for topic in short)
        found.append(
            f"{len(racks)} brokers cannot hold {most} replicas of topics {shortened(short)}; name more brokers"
        )
    elif narrow := sorted(topic for topic, racks_now in spread.items() if racks_now > there):
        found.append(
            f"the brokers are of {there} racks, and topics lie in more now, so that the loss of one would cost more: "
            f"{shortened(narrow)}; name a broker of each rack"
        )
    if offline := [item.name for item in live.view.partitions if item.leader == NO_LEADER]:
        found.append(
            f"partitions have no leader to copy from: {shortened(offline)}; bring a replica of each back first"
        )
    return found


def _changes(moves: Iterable[Move]) -> list[Change]:
    topics: dict[str, list[Move]] = {}
    for move in moves:
        topics.setdefault(move.topic, []).append(move)
    return [
        Change(
            f"replicas of topic {topic}",
            "".join(f"{move.number}: {_ids(move.before)}\n" for move in own),
            "".join(f"{move.number}: {_ids(move.after)}\n" for move in own),
        )
        for topic, own in sorted(topics.items())
    ]


def _leftovers(live: LiveReplicas, stop: Sequence[Move], finish: Sequence[Move]) -> list[Change]:
    lines = [
        *(f"{move.name} moves to {_ids(move.after)}, and is stopped\n" for move in stop),
        *(f"{move.name} moves to {_ids(move.after)}, and is waited for\n" for move in finish),
        *(f"topic {topic} is throttled\n" for topic in live.marked),
        *(f"broker {broker} is throttled\n" for broker in live.rated),
    ]
    return [Change("what an earlier run left", "".join(lines), None)] if lines else []


def _ids(brokers: Iterable[int]) -> str:
    return ", ".join(str(broker) for broker in brokers)
