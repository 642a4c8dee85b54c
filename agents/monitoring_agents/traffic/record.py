# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record's value: the run it belongs to and its number, filled up to a size."""

from __future__ import annotations


def encode(run: str, number: int, size: int) -> bytes:
    """Return the value of the record ``number`` of ``run``, of at least ``size`` bytes."""
    return f"{run} {number} ".encode().ljust(size, b".")


def decode(run: str, value: bytes | None) -> int | None:
    """Return the record's number; None for a record of another run or of another program."""
    parts = (value or b"").split(b" ", 2)
    if len(parts) != 3 or parts[0] != run.encode() or not parts[1].isdigit():
        return None
    return int(parts[1])
