# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a cluster, from what its brokers say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import (
    NO_LEADER,
    Partition,
    View,
    shortened,
)


@dataclass(frozen=True)
class Expectation:
    """``brokers`` have to be registered; ``without`` are down or about to be, and the rest must do without them.

    ``min_isr`` holds for every partition; without it each topic's own min.insync.replicas does.
    """

    brokers: frozenset[int]
    without: frozenset[int] = field(default_factory=frozenset)
    min_isr: int | None = None


def reference(views: Mapping[int, View]) -> View:
    """The controller's own view where it answers, for it decides; else that of the lowest broker id."""
    for asked, view in views.items():
        if view.controller == asked:
            return view
    return views[min(views)]


def problems(views: Mapping[int, View], expected: Expectation, min_insync: Mapping[str, int]) -> list[str]:
    """What is wrong, most basic first; empty when all is well.

    views: by the id of the broker that was asked. min_insync: min.insync.replicas by topic.
    """
    if not views:
        return ["no broker answers"]
    view = reference(views)
    return [
        *_membership(views, view, expected),
        *_controllers(views),
        *_staleness(views, view),
        *_partitions(view, expected, min_insync),
    ]


def _membership(views: Mapping[int, View], view: View, expected: Expectation) -> list[str]:
    wanted = expected.brokers - expected.without
    found = []
    if absent := sorted(wanted - set(view.brokers)):
        found.append(f"not registered: {_brokers(absent)} (registered: {_brokers(sorted(view.brokers))})")
    if silent := sorted(set(view.brokers) - set(views) - expected.without):
        found.append(f"registered but not answering: {_brokers(silent)}")
    return found


def _controllers(views: Mapping[int, View]) -> list[str]:
    named: dict[int, list[int]] = {}
    for asked, view in sorted(views.items()):
        named.setdefault(view.controller, []).append(asked)
    if set(named) == {NO_LEADER}:
        return ["there is no controller"]
    if len(named) > 1:
        said = [
            (f"broker {controller}" if controller != NO_LEADER else "none") + f" (says {_brokers(askers)})"
            for controller, askers in sorted(named.items())
        ]
        return [f"brokers disagree on the controller: {', '.join(said)}"]
    controller = next(iter(named))
    registered = reference(views).brokers
    return [] if controller in registered else [f"the controller, broker {controller}, is not registered"]


def _staleness(views: Mapping[int, View], view: View) -> list[str]:
    return [
        f"broker {asked} knows {len(other.partitions)} of {len(view.partitions)} partitions"
        for asked, other in sorted(views.items())
        if len(other.partitions) != len(view.partitions)
    ]


def _partitions(view: View, expected: Expectation, min_insync: Mapping[str, int]) -> list[str]:
    offline, under, thin = [], [], []
    for partition in view.partitions:
        isr = set(partition.isr) - expected.without
        needed = expected.min_isr if expected.min_isr is not None else min_insync.get(partition.topic, 1)
        missing = sorted(set(partition.missing) - expected.without)
        if partition.leader == NO_LEADER or not partition.isr:
            offline.append(_named(partition, f"replicas {_ids(partition.replicas)}"))
            continue
        if missing:
            under.append(_named(partition, f"without {_ids(missing)}"))
        if len(isr) < needed:
            thin.append(_named(partition, f"{len(isr)} of {needed}"))
    without = f" without {_brokers(sorted(expected.without))}" if expected.without else ""
    return [
        f"{len(names)} {text}: {shortened(names)}"
        for names, text in (
            (offline, "partitions have no leader"),
            (under, "partitions are under-replicated"),
            (thin, f"partitions have too few replicas in sync{without}"),
        )
        if names
    ]


def _named(partition: Partition, detail: str) -> str:
    return f"{partition.name} ({detail})"


def _ids(brokers: tuple[int, ...] | list[int]) -> str:
    return "+".join(str(broker) for broker in brokers)


def _brokers(brokers: list[int]) -> str:
    if not brokers:
        return "no broker"
    return ("broker " if len(brokers) == 1 else "brokers ") + ", ".join(str(broker) for broker in brokers)
