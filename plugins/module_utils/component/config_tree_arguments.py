# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of a configuration tree on its own."""

from __future__ import annotations

from typing import Any

CONFIG_TREE: dict[str, Any] = {
    "dest": {"type": "path", "required": True},
    "templates": {"type": "path"},
    "files": {"type": "dict", "default": {}},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "raw", "default": "0644"},
    "directory_mode": {"type": "raw", "default": "0755"},
    "rules": {"type": "dict", "default": {}},
    "secret": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "validate": {"type": "list", "elements": "raw", "default": []},
    "adopt": {"type": "bool", "default": False},
}


def module_arguments() -> dict[str, Any]:
    """Return the argument spec of the module."""
    return dict(
        CONFIG_TREE,
        secrets={"type": "list", "elements": "str", "no_log": True},
        payload={"type": "str", "no_log": True},
    )
