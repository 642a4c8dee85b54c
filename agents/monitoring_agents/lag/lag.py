# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a group is behind in one partition."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring_agents.lag.times import OffsetTimes


@dataclass(frozen=True)
class Bounds:
    """Offsets of a partition's oldest record (``start``) and of the next record to come (``end``)."""

    start: int
    end: int


@dataclass(frozen=True)
class PartitionLag:
    """``records`` not consumed, ``seconds`` since the oldest of them was appended (None: not known).

    ``lost`` of them retention deleted before the group read them.
    """

    group: str
    topic: str
    partition: int
    committed: int
    records: int
    seconds: float | None
    lost: int


@dataclass(frozen=True)
class Group:
    """A consumer group: its ``name`` and how many ``members`` it has."""

    name: str
    members: int


@dataclass(frozen=True)
class Snapshot:
    """What one collection found."""

    groups: tuple[Group, ...] = ()
    lags: tuple[PartitionLag, ...] = ()


def lag(
    group: str, place: tuple[str, int], committed: int, *, bounds: Bounds, times: OffsetTimes, now: float
) -> PartitionLag:
    """Return the lag of ``group`` in the topic and partition ``place``."""
    return PartitionLag(
        group=group,
        topic=place[0],
        partition=place[1],
        committed=committed,
        records=max(0, bounds.end - committed),
        seconds=_age(max(committed, bounds.start), bounds, times, now),
        lost=max(0, bounds.start - committed),
    )


def _age(oldest_unread: int, bounds: Bounds, times: OffsetTimes, now: float) -> float | None:
    """Return the age of the record at ``oldest_unread``: 0 when there is none, at least as old as the table's reach."""
    if oldest_unread >= bounds.end:
        return 0.0
    found = times.estimate(oldest_unread)
    since = found.time if found else times.oldest
    return None if since is None else max(0.0, now - since)
