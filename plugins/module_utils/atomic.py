# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes that leave either the old or the new state behind, whenever the process dies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def _pass(step: str) -> None:
    """Do nothing at a step; tests put a SIGKILL here instead."""


_observer: Callable[[str], None] = _pass


def observe_steps(observer: Callable[[str], None] | None) -> None:
    """Call ``observer`` before every step that reaches the disk (None: no more). For crash tests."""
    global _observer  # noqa: PLW0603 - one process, one observer
    _observer = observer or _pass


def step(name: str) -> None:
    """Mark a point at which the process may be killed."""
    _observer(name)


def sync_directory(path: Path) -> None:
    """Make renames and new names inside ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        step(f"sync directory {path}")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes, mode: int, uid: int = -1, gid: int = -1) -> None:
    """Create ``path`` durably, never readable by more than ``mode`` allows, not even for a moment."""
    step(f"write {path}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        if uid != -1 or gid != -1:
            os.fchown(stream.fileno(), uid, gid)
        os.fchmod(stream.fileno(), mode)
        step(f"sync {path}")
        os.fsync(stream.fileno())


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Put ``content`` at ``path`` in one rename."""
    staging = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        staging.unlink()
    write_new(staging, content, mode)
    step(f"rename to {path}")
    staging.replace(path)
    sync_directory(path.parent)


def replace_link(link: Path, target: str) -> None:
    """Point the symbolic link ``link`` at ``target`` in one rename."""
    staging = link.with_name(f".{link.name}.new")
    with contextlib.suppress(FileNotFoundError):
        staging.unlink()
    step(f"link {staging}")
    staging.symlink_to(target)
    step(f"rename to {link}")
    staging.replace(link)
    sync_directory(link.parent)
