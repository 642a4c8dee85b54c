# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of numbered records: what was acknowledged, what was consumed, and what that leaves lost or doubled.

Numbers run from 0 through a run. One byte is kept for each, so that an hour at 1,000 a second takes 4 MB.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# Buckets grow by 2 %, so that a quantile is at most that far off.
_STEP = math.log(1.02)
_NAMED = 10  # how many lost numbers a report names

# What a client goes through by itself, by asking again or elsewhere: the application does not see a failure.
RETRIED = frozenset(
    {
        "_ALL_BROKERS_DOWN",
        "_RESOLVE",
        "_TIMED_OUT",
        "_TRANSPORT",
        "_WAIT_COORD",
        "BROKER_NOT_AVAILABLE",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "FENCED_LEADER_EPOCH",
        "LEADER_NOT_AVAILABLE",
        "NETWORK_EXCEPTION",
        "NOT_COORDINATOR",
        "NOT_LEADER_FOR_PARTITION",
        "REBALANCE_IN_PROGRESS",
        "REQUEST_TIMED_OUT",
        "UNKNOWN_LEADER_EPOCH",
    }
)


class Latencies:
    """Seconds until an acknowledgement, in buckets: their number does not grow with the run."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one."""
        self._buckets[math.ceil(math.log(max(seconds, 1e-6)) / _STEP)] += 1

    def quantile(self, share: float) -> float | None:
        """Return the seconds within which ``share`` of all were acknowledged; None without any."""
        rank = share * self._buckets.total()
        passed = 0
        for bucket in sorted(self._buckets):
            passed += self._buckets[bucket]
            if passed >= rank:
                return round(math.exp(bucket * _STEP), 6)
        return None


@dataclass
class Acknowledgements:
    """The producer's side: ``numbers`` holds 1 for each acknowledged one; times are seconds since the epoch."""

    produced: int = 0
    numbers: bytearray = field(default_factory=bytearray)
    errors: Counter[str] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    longest_gap: float = 0.0
    longest_gap_at: float = 0.0
    _last: float = 0.0

    def sent(self, now: float) -> int:
        """Return the number of the next record, which is given to the client ``now``."""
        if not self.produced:
            self._last = now
        self.produced += 1
        self.numbers.append(0)
        return self.produced - 1

    def acknowledged(self, number: int, sent: float, now: float) -> None:
        """Note that ``number``, sent at ``sent``, is acknowledged."""
        self.latencies.add(now - sent)
        self.numbers[number] = 1
        self.close_gap(now)

    def close_gap(self, now: float) -> None:
        """Measure from the acknowledgement before (or from the first record) to ``now``."""
        if now - self._last > self.longest_gap:
            self.longest_gap, self.longest_gap_at = now - self._last, self._last
        self._last = now

    @property
    def total(self) -> int:
        """How many are acknowledged."""
        return self.numbers.count(1)


@dataclass
class Consumption:
    """The consumer's side.

    A record that comes again at its own offset was read twice (``redelivered``: a consumer goes on from its last
    commit); a number that stands at two offsets was written twice (``duplicated``), which idempotence excludes.
    """

    consumed: int = 0
    redelivered: int = 0
    duplicated: int = 0
    out_of_order: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    numbers: bytearray = field(default_factory=bytearray)
    _offsets: dict[int, int] = field(default_factory=dict)
    _newest: dict[int, int] = field(default_factory=dict)

    def read(self, partition: int, offset: int, number: int) -> None:
        """Note the record ``number`` at ``offset`` of ``partition``."""
        if offset <= self._offsets.get(partition, -1):
            self.redelivered += 1
            return
        self._offsets[partition] = offset
        self.numbers.extend(bytes(max(0, number + 1 - len(self.numbers))))
        if self.numbers[number]:
            self.duplicated += 1
            return
        self.numbers[number] = 1
        self.consumed += 1
        if number < self._newest.get(partition, -1):
            self.out_of_order[partition] += 1
        self._newest[partition] = max(number, self._newest.get(partition, -1))

    def met(self, name: str) -> None:
        """Count the error ``name``, unless the client goes through it by itself."""
        if name not in RETRIED:
            self.errors[name] += 1


def lost(acknowledgements: Acknowledgements, consumption: Consumption) -> list[int]:
    """Return the numbers that were acknowledged and never consumed."""
    read = consumption.numbers.ljust(acknowledgements.produced, b"\0")
    return [
        number
        for number, (acknowledged, seen) in enumerate(zip(acknowledgements.numbers, read, strict=False))
        if acknowledged and not seen
    ]


def report(acknowledgements: Acknowledgements, consumption: Consumption) -> dict[str, Any]:
    """Return the whole account, as it is printed."""
    missing = lost(acknowledgements, consumption)
    at = datetime.datetime.fromtimestamp(acknowledgements.longest_gap_at, datetime.UTC)
    return {
        "produced": acknowledgements.produced,
        "acknowledged": acknowledgements.total,
        "consumed": consumption.consumed,
        "lost": len(missing),
        "lost_numbers": missing[:_NAMED],
        "duplicated": consumption.duplicated,
        "redelivered": consumption.redelivered,
        "out_of_order": {str(partition): count for partition, count in sorted(consumption.out_of_order.items())},
        "errors": acknowledgements.errors.total() + consumption.errors.total(),
        "producer_errors": dict(acknowledgements.errors),
        "consumer_errors": dict(consumption.errors),
        "longest_gap_seconds": round(acknowledgements.longest_gap, 3),
        "longest_gap_at": at.isoformat(timespec="milliseconds"),
        "ack_latency_p50_seconds": acknowledgements.latencies.quantile(0.5),
        "ack_latency_p99_seconds": acknowledgements.latencies.quantile(0.99),
    }
