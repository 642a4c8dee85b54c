# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which broker coordinates a group, computed as Kafka does: no request per group is needed to know its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def offsets_partition(group: str, partitions: int) -> int:
    """Return the partition of __consumer_offsets that keeps ``group``.

    Kafka: ``GroupMetadataManager.partitionFor``, that is ``Utils.abs(groupId.hashCode) % partitions``.
    """
    return _absolute(_java_hash(group)) % partitions


def coordinated_by(broker: int, groups: Iterable[str], leaders: Mapping[int, int]) -> list[str]:
    """Return those of ``groups`` that ``broker`` coordinates; ``leaders`` are of __consumer_offsets, by partition."""
    return [group for group in groups if leaders.get(offsets_partition(group, len(leaders))) == broker]


def _java_hash(text: str) -> int:
    """Return ``String.hashCode``: over UTF-16 units, in signed 32 bits."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _absolute(value: int) -> int:
    """Return ``Utils.abs``: the smallest int has no positive counterpart and becomes 0."""
    return 0 if value == -(1 << 31) else abs(value)
