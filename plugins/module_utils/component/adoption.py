# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take over a directory that was there before: exchange it with a link in one step."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.generations import Generations
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h


def adopt(generations: Generations, generation: Path) -> None:
    """Put the link to ``generation`` where a directory stands; the directory is kept in the store."""
    link = generations.link
    staging = aside(generations)
    with contextlib.suppress(FileNotFoundError):
        staging.unlink()
    staging.symlink_to(os.path.relpath(generation, link.parent))
    atomic.step(f"exchange {link}")
    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(_AT_FDCWD, bytes(staging), _AT_FDCWD, bytes(link), _RENAME_EXCHANGE):
        reason = os.strerror(ctypes.get_errno())
        staging.unlink()
        raise Failure(
            f"{link} cannot be taken over in one step on its file system ({reason}). Move it away and run again"
        )
    atomic.sync_directory(link.parent)
    keep_adopted(generations)


def keep_adopted(generations: Generations) -> None:
    """Move a directory that was exchanged into the store, as the oldest generation."""
    staging = aside(generations)
    if staging.is_dir() and not staging.is_symlink():
        atomic.step(f"keep {staging}")
        staging.rename(generations.store / f"{0:06d}-{0:012x}")
        atomic.sync_directory(generations.store)


def aside(generations: Generations) -> Path:
    """Return where the link waits before the exchange, and the directory stands after it."""
    return generations.link.with_name(f".{generations.link.name}.adopted")
