# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which replicas a partition gets when it needs more or fewer of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def loads(assignments: Iterable[tuple[int, ...]], brokers: Iterable[int]) -> Counter[int]:
    """How many replicas each broker holds; brokers without any count 0."""
    result = Counter(dict.fromkeys(brokers, 0))
    for replicas in assignments:
        result.update(replicas)
    return result


def addition(replicas: tuple[int, ...], racks: Mapping[int, str], load: Mapping[int, int]) -> int:
    """The broker for one more replica: of the rack that has fewest of them, then the least loaded."""
    held = Counter(racks.get(broker) for broker in replicas)
    return min(
        (broker for broker in racks if broker not in replicas),
        key=lambda broker: (held[racks[broker]], load[broker], broker),
    )


def removal(replicas: tuple[int, ...], racks: Mapping[int, str], load: Mapping[int, int]) -> int:
    """The broker that loses its replica: one not alive, of the rack that has most, the most loaded; last the leader."""
    held = Counter(racks.get(broker) for broker in replicas)
    return max(
        replicas,
        key=lambda broker: (broker not in racks, broker != replicas[0], held[racks.get(broker)], load[broker], broker),
    )


def resized(
    assignment: Mapping[int, tuple[int, ...]], factor: int, racks: Mapping[int, str], load: Counter[int]
) -> dict[int, tuple[int, ...]]:
    """New replicas by partition, only of those that change.

    assignment: replicas by partition. racks: by broker, of the living ones. load: replicas of all topics by
    broker; it is counted on while planning, and left as it was.
    """
    load = Counter(load)
    result = {}
    for number, present in sorted(assignment.items()):
        replicas = present
        while len(replicas) > factor:
            going = removal(replicas, racks, load)
            load[going] -= 1
            replicas = tuple(broker for broker in replicas if broker != going)
        while len(replicas) < factor:
            coming = addition(replicas, racks, load)
            load[coming] += 1
            replicas = (*replicas, coming)
        if replicas != present:
            result[number] = replicas
    return result
