# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One collection after the other: the lag of every group that this broker coordinates."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from monitoring_agents.lag.lag import Bounds, PartitionLag, Snapshot, lag
from monitoring_agents.lag.questions import OFFSETS_TOPIC, Place, Questions
from monitoring_agents.lag.times import OffsetTimes

# How often one collection asks by timestamp: the gaps of most partitions are narrow after two.
_ROUNDS = 3


@dataclass(frozen=True)
class Scope:
    """What is reported: groups and topics by expression, of the groups those that ``broker`` coordinates."""

    groups: re.Pattern[str]
    topics: re.Pattern[str]
    broker: int | None


class Collector:
    """Keeps what earlier collections learnt of the partitions' times, of those partitions only that still count."""

    def __init__(self, questions: Questions, scope: Scope, interval: float) -> None:
        self._questions, self._scope, self._interval = questions, scope, interval
        self._times: dict[Place, OffsetTimes] = {}
        self._attempts: dict[Place, int] = {}

    def collect(self) -> Snapshot:
        """Ask for everything once. Raises Failure when the cluster does not answer."""
        leaders = self._questions.leaders()
        groups = self._questions.groups(self._scope.groups, self._scope.broker, leaders.get(OFFSETS_TOPIC, {}))
        # Committed offsets first: the ends only grow meanwhile, so that no lag is negative.
        committed = {
            group: {
                place: offset
                for place, offset in offsets.items()
                if self._scope.topics.fullmatch(place[0]) and leaders.get(place[0], {}).get(place[1], -1) >= 0
            }
            for group, offsets in self._questions.committed(groups).items()
        }
        bounds = self._questions.bounds({place for offsets in committed.values() for place in offsets})
        now = time.time()
        self._observe_ends(bounds, now)
        self._narrow([one for offsets in committed.values() for one in offsets.items()], bounds, now)
        return Snapshot(groups=tuple(groups), lags=tuple(self._lags(committed, bounds, now)))

    def _observe_ends(self, bounds: dict[Place, Bounds], now: float) -> None:
        self._times = {place: self._times.get(place) or OffsetTimes(self._interval) for place in bounds}
        self._attempts = {place: count for place, count in self._attempts.items() if place in bounds}
        for place, one in bounds.items():
            self._times[place].observe_end(one.end, now)

    def _narrow(self, committed: list[tuple[Place, int]], bounds: dict[Place, Bounds], now: float) -> None:
        """Ask by timestamp where the table says too little of a group's offset."""
        for _round in range(_ROUNDS):
            asked: dict[Place, float] = {}
            for place, offset in committed:
                # Several groups may lag in one partition: one question each round, for the first that needs it.
                if place in bounds and place not in asked:
                    question = self._question(place, max(offset, bounds[place].start), bounds[place], now)
                    if question is not None:
                        asked[place] = question
            if not asked:
                return
            for place in asked:
                self._attempts[place] = self._attempts.get(place, 0) + 1
            for place, record in self._questions.first_records(asked).items():
                offset, record_time = record or (bounds[place].end, asked[place])
                self._times[place].observe_answer(asked[place], offset, record_time)

    def _question(self, place: Place, offset: int, bounds: Bounds, now: float) -> float | None:
        if offset >= bounds.end:
            return None
        found = self._times[place].estimate(offset)
        if found is None:
            return 0.0  # the oldest record there is
        if found.is_precise(now, self._interval):
            return None
        return found.question(now, self._interval, self._attempts.get(place, 0))

    def _lags(
        self, committed: dict[str, dict[Place, int]], bounds: dict[Place, Bounds], now: float
    ) -> list[PartitionLag]:
        return [
            lag(group, place, offset, bounds=bounds[place], times=self._times[place], now=now)
            for group, offsets in committed.items()
            for place, offset in offsets.items()
            if place in bounds
        ]
