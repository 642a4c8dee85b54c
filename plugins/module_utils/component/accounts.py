# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system user that a component runs as."""

from __future__ import annotations

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import user_id
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.validation import run


def missing(name: str) -> bool:
    """Whether the host has no such user."""
    return user_id(name) == -1


def create(name: str) -> None:
    """Make a system user with a group of its own, no home and no shell."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    run([*command, "--shell", "/usr/sbin/nologin", name], f"system user {name} cannot be made", 30)
