# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links and directories by which the system finds a component's live generation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import group_id, user_id
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import NOTHING, RESTART, Change
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


def links(layout: Layout, has_unit: bool, declared: Mapping[str, str]) -> dict[Path, str]:
    """Return every link that must stand, with its target; all lead through ``current`` and so never change."""
    wanted = {layout.tree: str(layout.current / "etc")}
    for path, target in declared.items():
        wanted[layout.at(path)] = str(layout.current / "etc" / target)
    if has_unit:
        wanted[layout.unit] = str(layout.current / layout.unit_name)
        wanted[layout.wanted] = str(layout.unit)
    return wanted


def compare_links(layout: Layout, wanted: Mapping[Path, str], before: Mapping[Path, str]) -> list[Change]:
    """Return the links that are missing, or superfluous; one that something foreign occupies is refused."""
    changes = []
    for path, target in wanted.items():
        now = str(path.readlink()) if path.is_symlink() else None
        if now == target:
            continue
        foreign = path.exists() if now is None else not _ours(layout, now)
        if foreign and path != layout.wanted:
            raise Failure(
                f"{path} is there and does not belong to {layout.name}{f' (it leads to {now})' if now else ''}; "
                "nothing was changed. Move it away, or declare another path"
            )
        changes.append(
            Change(f"link {path}", now and now + "\n", target + "\n", "", RESTART if path == layout.unit else NOTHING)
        )
    for path, target in before.items():
        if path not in wanted and path.is_symlink() and str(path.readlink()) == target:
            changes.append(Change(f"link {path}", target + "\n", None, "", NOTHING))
    return changes


def place_links(wanted: Mapping[Path, str], before: Mapping[Path, str]) -> None:
    """Make every wanted link stand, and remove those of ``before`` that are wanted no more."""
    for path, target in wanted.items():
        if not (path.is_symlink() and str(path.readlink()) == target):
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            atomic.replace_link(path, target)
    for path, target in before.items():
        if path not in wanted and path.is_symlink() and str(path.readlink()) == target:
            atomic.step(f"remove {path}")
            path.unlink()
            atomic.sync_directory(path.parent)


def compare_directories(paths: tuple[Path, ...], user: str) -> list[Change]:
    """Return the data directories that are missing or belong to somebody else."""
    changes = []
    for path in paths:
        if not path.is_dir():
            changes.append(Change(f"directory {path}", None, f"0750 {user}\n", "", NOTHING))
        elif os.geteuid() == 0 and path.stat().st_uid != user_id(user):
            changes.append(Change(f"owner of {path}", f"{path.stat().st_uid}\n", f"{user}\n", "", RESTART))
    return changes


def make_directories(paths: tuple[Path, ...], user: str) -> None:
    """Make the data directories; what lies in them is the component's own and is left alone."""
    for path in paths:
        if not path.is_dir():
            path.mkdir(mode=0o750, parents=True)
            path.chmod(0o750)
        if os.geteuid() == 0 and path.stat().st_uid != user_id(user):
            os.chown(path, user_id(user), group_id(user))


def _ours(layout: Layout, target: str) -> bool:
    return target.startswith(f"{layout.home}/")
