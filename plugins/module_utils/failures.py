# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one failure that the mechanics raise: its message names the thing and the way out."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path


class Failure(Exception):  # noqa: N818 - it is raised for what the operator did, too
    """What went wrong and what the operator should do; nothing live was left broken."""


def space_message(path: Path, needed: int) -> str:
    """Say which file system is full, what it has and what was needed (bytes)."""
    while not path.exists() and path != path.parent:
        path = path.parent
    status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize
    return "no space on the file system of {}: {} needed, {} free; make room there and run again".format(
        path,
        _size(needed) if needed else "more",
        _size(free),
    )


def require_space(path: Path, needed: int) -> None:
    """Refuse to begin what cannot end: ``needed`` bytes, and 16 MiB to spare, below ``path``."""
    probe = path
    while not probe.exists() and probe != probe.parent:
        probe = probe.parent
    status = os.statvfs(probe)
    if status.f_bavail * status.f_frsize < needed + 16 * 2**20:
        raise Failure(space_message(path, needed + 16 * 2**20))


@contextlib.contextmanager
def full_disk_named(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn ENOSPC and EDQUOT below ``path`` into a failure that names the place."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Failure(space_message(path, needed)) from error
        if error.errno == errno.EROFS:
            raise Failure(f"{path} is on a read-only file system: {error}") from error
        raise


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
