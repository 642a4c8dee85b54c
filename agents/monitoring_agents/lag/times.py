# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the record at an offset was appended, from a bounded table of what is known of one partition.

Each collection adds "the end offset was E at the time t". Where a group's offset is older than the table, or lies in
too wide a gap, ListOffsets by timestamp answers "the first record not older than t is at offset O, of time s", which
is a row of the same table. That needs DESCRIBE alone and moves no record; reading the record itself would need READ
on all topics, and a fetch of up to a batch for every partition that lags.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

PRECISION = 0.1  # of the age: a lag of an hour may be 6 minutes off, one of a minute 6 seconds
ROWS = 128  # 24 hours at PRECISION and an interval of 10 s take about 80


@dataclass(frozen=True, slots=True)
class Row:
    """Records below ``offset`` were appended by the time ``first``, those from it on not before ``last`` (seconds)."""

    offset: int
    first: float
    last: float


@dataclass(frozen=True)
class Estimate:
    """``time`` (seconds) of a record, known to lie between ``earliest`` and ``latest``."""

    time: float
    earliest: float
    latest: float

    def is_precise(self, now: float, interval: float) -> bool:
        """Whether the gap is narrow for that age; never narrower than the ``interval`` between collections."""
        return self.latest - self.earliest <= _tolerance(now - self.time, interval)

    def question(self, now: float, interval: float, attempt: int) -> float:
        """Return the time to ask for, so that the answer narrows the gap.

        Close beside the estimate, at the wider side: two answers suffice where records come evenly. Each fourth
        attempt halves the gap, which ends on any stream.
        """
        if attempt % 4 == 3:
            return (self.earliest + self.latest) / 2
        beside = _tolerance(now - self.time, interval) / 2.5
        if self.time - self.earliest > self.latest - self.time:
            return self.time - beside
        return self.time + beside


class OffsetTimes:
    """What is known of one partition. Rows ascend in offset and in time."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._rows: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    def observe_end(self, end: int, now: float) -> None:
        """Note that ``end`` is the partition's end offset ``now``."""
        if self._rows and end < self._rows[-1].offset:
            self._rows.clear()  # the topic was made anew, or its tail was lost
        if self._rows and end == self._rows[-1].offset:
            newest = self._rows.pop()
            self._rows.append(Row(end, newest.first, now))
        else:
            self._rows.append(Row(end, now, now))
        if len(self._rows) > ROWS:
            self._rows = _thinned(self._rows, now, self._interval)[-ROWS:]

    def observe_answer(self, asked: float, offset: int, time: float) -> None:
        """Note that the first record not older than ``asked`` is at ``offset`` and has the timestamp ``time``.

        Timestamps are the producers' own: what contradicts the rows around it is held to them.
        """
        place = bisect_left(self._rows, offset, key=_offset)
        known = self._rows[place] if place < len(self._rows) and self._rows[place].offset == offset else None
        after = place + (known is not None)
        floor = self._rows[place - 1].last if place else min(asked, time)
        ceiling = self._rows[after].first if after < len(self._rows) else max(asked, time)
        first = _held(min(asked, known.first) if known else asked, floor, ceiling)
        last = _held(max(time, known.last) if known else time, first, max(ceiling, known.last if known else first))
        self._rows[place:after] = [Row(offset, first, last)]

    def estimate(self, offset: int) -> Estimate | None:
        """Return when the record at ``offset`` was appended; None where no row reaches back to it."""
        place = bisect_right(self._rows, offset, key=_offset)
        if place in (0, len(self._rows)):
            return None
        before, after = self._rows[place - 1], self._rows[place]
        share = (offset - before.offset) / (after.offset - before.offset)
        return Estimate(before.last + share * (after.first - before.last), before.last, after.first)

    @property
    def oldest(self) -> float | None:
        """How far back the table reaches: records below it are older."""
        return self._rows[0].first if self._rows else None


def _offset(row: Row) -> int:
    return row.offset


def _held(time: float, floor: float, ceiling: float) -> float:
    return max(floor, min(time, ceiling))


def _tolerance(age: float, interval: float) -> float:
    return max(interval * 1.5, PRECISION * age)


def _thinned(rows: Sequence[Row], now: float, interval: float) -> list[Row]:
    """Leave out the rows without which each gap is still narrow for its age."""
    kept = [rows[0]]
    for row, following in pairwise(rows[1:]):
        if following.first - kept[-1].last > _tolerance(now - following.first, interval):
            kept.append(row)
    return [*kept, rows[-1]]
