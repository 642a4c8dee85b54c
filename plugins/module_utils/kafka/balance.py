# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where replicas have to lie so that given brokers hold all of them evenly, with few of them moved. Pure.

Three steps, each of which changes no more than it must: what lies on no given broker, or too often in one rack, is
laid elsewhere; then replicas go from brokers with many to brokers with few; then preferred leaders are evened out,
which moves no data. The last two follow shortest chains of brokers from a fuller to an emptier one: as long as there
is one, the spread can be better, and when there is none, it is as even as racks allow (the argument is that of
Harvey et al., "Semi-matchings for bipartite graphs and load balancing", exact for leaders).
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Optional

Key = tuple[str, int]  # topic and number of a partition
Assignment = Mapping[Key, tuple[int, ...]]
Movable = Callable[[int, int], Optional[Key]]  # noqa: UP045 - evaluated on Python 3.9, too
Move = Callable[[Key, int, int], None]


def balanced(assignment: Assignment, racks: Mapping[int, str]) -> dict[Key, tuple[int, ...]]:
    """The replicas of all partitions that change. The first of each is the preferred leader.

    racks: by id, of the brokers that hold everything afterwards; there have to be as many as any partition has
    replicas.
    """
    layout = _Layout(assignment, racks)
    layout.repair()
    # What has to be copied anyway is laid elsewhere before anything more is copied.
    while _even_out(layout.load, layout.free, layout.move) or _even_out(layout.load, layout.movable, layout.move):
        pass
    leads = _Leads(layout.replicas, racks)
    _even_out(leads.load, leads.movable, leads.move)
    return {key: tuple(replicas) for key, replicas in leads.replicas.items() if tuple(replicas) != assignment[key]}


def rack_limit(replicas: int, racks: Mapping[int, str]) -> int:
    """The fewest replicas of one partition that some rack has to hold."""
    sizes = Counter(racks.values())
    limit = 1
    while sum(min(limit, size) for size in sizes.values()) < replicas:
        limit += 1
    return limit


class _Layout:
    """Replicas while they are being laid out."""

    def __init__(self, assignment: Assignment, racks: Mapping[int, str]) -> None:
        self._racks = racks
        self._origin = assignment
        self._limits = {size: rack_limit(size, racks) for size in {len(item) for item in assignment.values()}}
        self.replicas = {key: list(replicas) for key, replicas in sorted(assignment.items())}
        self.load = Counter(dict.fromkeys(racks, 0))
        self._of_topic: Counter[tuple[str, int]] = Counter()
        self._held: dict[int, set[Key]] = {broker: set() for broker in racks}

    def repair(self) -> None:
        """Lay elsewhere what lies on no given broker or exceeds its rack's limit."""
        homeless: list[tuple[Key, int]] = []
        for key, replicas in self.replicas.items():
            in_rack: Counter[str] = Counter()
            for place, broker in enumerate(replicas):
                if broker in self._racks and in_rack[self._racks[broker]] < self._limits[len(replicas)]:
                    in_rack[self._racks[broker]] += 1
                    self._put(key, place, broker)
                else:
                    replicas[place] = -1  # its place, and so its leadership, waits for a broker
                    homeless.append((key, place))
        for key, place in homeless:
            free = [broker for broker in self._racks if self._fits(key, broker)]
            self._put(key, place, min(free, key=lambda broker, key=key: self._weight(key, broker)))  # type: ignore[misc]

    def movable(self, source: int, target: int) -> Key | None:
        """The partition whose replica goes best from source to target: rather one that is away from home anyway."""
        fitting = [key for key in self._held[source] if self._fits(key, target, source)]
        return min(fitting, key=lambda key: self._cost(key, source, target), default=None)

    def free(self, source: int, target: int) -> Key | None:
        """As movable, of the partitions for which nothing more has to be copied."""
        key = self.movable(source, target)
        return key if key is not None and self._copied(key, source, target) <= 0 else None

    def move(self, key: Key, source: int, target: int) -> None:
        """Do it."""
        place = self.replicas[key].index(source)
        self.load[source] -= 1
        self._of_topic[key[0], source] -= 1
        self._held[source].discard(key)
        self._put(key, place, target)

    def _put(self, key: Key, place: int, broker: int) -> None:
        self.replicas[key][place] = broker
        self.load[broker] += 1
        self._of_topic[key[0], broker] += 1
        self._held[broker].add(key)

    def _fits(self, key: Key, broker: int, instead_of: int = -1) -> bool:
        replicas = self.replicas[key]
        if broker in replicas:
            return False
        rack = self._racks[broker]
        there = sum(self._racks.get(other) == rack for other in replicas if other not in (-1, instead_of))
        return there < self._limits[len(replicas)]

    def _weight(self, key: Key, broker: int) -> tuple[int, int, int]:
        return self.load[broker], self._of_topic[key[0], broker], broker

    def _copied(self, key: Key, source: int, target: int) -> int:
        """How many more replicas are copied when this one goes on."""
        return (target not in self._origin[key]) - (source not in self._origin[key])

    def _cost(self, key: Key, source: int, target: int) -> tuple[int, int, Key]:
        return self._copied(key, source, target), self._of_topic[key[0], target] - self._of_topic[key[0], source], key


class _Leads:
    """Preferred leaders while they are being evened out."""

    def __init__(self, replicas: Mapping[Key, Iterable[int]], racks: Iterable[int]) -> None:
        self.replicas = {key: list(brokers) for key, brokers in replicas.items()}
        self.load = Counter(dict.fromkeys(racks, 0))
        self._led: dict[int, set[Key]] = {broker: set() for broker in self.load}
        for key, brokers in self.replicas.items():
            self._led[brokers[0]].add(key)
            self.load[brokers[0]] += 1

    def movable(self, source: int, target: int) -> Key | None:
        """A partition that source leads and target could."""
        return min((key for key in self._led[source] if target in self.replicas[key]), default=None)

    def move(self, key: Key, source: int, target: int) -> None:
        """Do it."""
        brokers = self.replicas[key]
        place = brokers.index(target)
        brokers[0], brokers[place] = target, source
        self._led[source].discard(key)
        self._led[target].add(key)
        self.load[source] -= 1
        self.load[target] += 1


def _even_out(load: Mapping[int, int], movable: Movable, move: Move) -> bool:
    """Shift from fuller to emptier brokers while that makes the spread better; whether it did."""
    better = False
    while _directly(load, movable, move) or _by_chain(load, movable, move):
        better = True
    return better


def _directly(load: Mapping[int, int], movable: Movable, move: Move) -> bool:
    """From the fullest to the emptiest, until no pair of brokers that differ by two or more has anything to shift."""
    better = False
    fruitless: set[tuple[int, int]] = set()
    while pair := next((pair for pair in _pairs(load) if pair not in fruitless), None):
        key = movable(*pair)
        if key is None:
            fruitless.add(pair)
        else:
            move(key, *pair)
            better = True
    return better


def _pairs(load: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    fullest = sorted(load, key=lambda broker: (-load[broker], broker))
    emptiest = sorted(load, key=lambda broker: (load[broker], broker))
    return (
        (source, target)
        for source in fullest
        for target in itertools.takewhile(lambda broker, source=source: load[broker] <= load[source] - 2, emptiest)  # type: ignore[misc]
    )


def _by_chain(load: Mapping[int, int], movable: Movable, move: Move) -> bool:
    """Take one from a broker and give one to another that has at least two fewer, by the shortest chain there is."""
    before = _unevenness(load)
    closed: set[int] = set()  # from here nothing emptier is reached than from a fuller broker, so nothing at all
    for source in sorted(load, key=lambda broker: (-load[broker], broker)):
        if load[source] - min(load.values()) < 2:
            return False
        if source in closed:
            continue
        came, target = _reach(source, load, movable)
        closed |= set(came)
        if target is None:
            continue
        # From the end, so that a link never takes what the one before it has just brought.
        while target != source:
            key = movable(came[target], target)
            if key is None:  # an earlier link took the only one that fitted: no worse, and rare
                break
            move(key, came[target], target)
            target = came[target]
        return _unevenness(load) < before
    return False


def _unevenness(load: Mapping[int, int]) -> int:
    return sum(count * count for count in load.values())


def _reach(source: int, load: Mapping[int, int], movable: Movable) -> tuple[dict[int, int], int | None]:
    """Which broker each reached one is reached from, and the first that has at least two fewer than source."""
    came = {source: source}
    waiting = deque([source])
    while waiting:
        giver = waiting.popleft()
        for taker in sorted((item for item in load if item not in came), key=lambda item: (load[item], item)):
            if movable(giver, taker) is not None:
                came[taker] = giver
                if load[taker] <= load[source] - 2:
                    return came, taker
                waiting.append(taker)
    return came, None
