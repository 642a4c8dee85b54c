# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of one component, as the module documents them and the action plugin checks them."""

from __future__ import annotations

from typing import Any

ARCHIVE: dict[str, Any] = {
    "name": {"type": "str"},
    "version": {"type": "str", "required": True},
    "sha256": {"type": "raw"},
    "sha512": {"type": "raw"},
    "file": {"type": "str", "default": "{name}-{version}.linux-{arch}.tar.gz"},
    "upstream": {"type": "str"},
    "mirrors": {"type": "list", "elements": "str"},
    "strip": {"type": "int", "default": 1},
}

TREE: dict[str, Any] = {
    "templates": {"type": "path"},
    "files": {"type": "dict", "default": {}},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str"},
    "mode": {"type": "raw", "default": "0640"},
    "directory_mode": {"type": "raw", "default": "0750"},
    "rules": {"type": "dict", "default": {}},
    "secret": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "validate": {"type": "list", "elements": "raw", "default": []},
    "restart_on": {"type": "list", "elements": "str", "default": []},
}

CERTIFICATE: dict[str, Any] = {
    "service": {"type": "str", "required": True},
    "sans": {"type": "list", "elements": "str"},
    "common_name": {"type": "str"},
    "reload": {"type": "bool", "default": False},
    "authority": {"type": "dict"},
}

UNIT: dict[str, Any] = {
    "command": {"type": "list", "elements": "str", "required": True},
    "description": {"type": "str"},
    "limits": {
        "type": "dict",
        "options": {
            "cpu": {"type": "float"},
            "memory": {"type": "str"},
            "files": {"type": "int"},
            "tasks": {"type": "int"},
        },
    },
    "environment": {"type": "dict", "default": {}},
    "data": {"type": "raw", "default": False},
    "capabilities": {"type": "list", "elements": "str", "default": []},
    "jvm": {"type": "bool", "default": False},
    "reload": {"type": "raw"},
    "sections": {"type": "dict", "default": {}},
}

COMPONENT: dict[str, Any] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "live": {"type": "str", "choices": ["apply", "defer"], "default": "apply"},
    "restart": {"type": "bool", "default": False},
    "user": {"type": "str"},
    "packages": {"type": "list", "elements": "str", "default": []},
    "archive": {"type": "dict", "options": ARCHIVE},
    "uses": {"type": "list", "elements": "str", "default": []},
    "tree": {"type": "dict", "options": TREE},
    "certificates": {"type": "list", "elements": "dict", "options": CERTIFICATE, "default": []},
    "unit": {"type": "dict", "options": UNIT},
    "links": {"type": "dict", "default": {}},
    "apply": {"type": "list", "elements": "raw", "default": []},
    "ready": {"type": "raw"},
}


def module_arguments() -> dict[str, Any]:
    """Return the argument spec of the module."""
    return dict(
        COMPONENT,
        components={"type": "list", "elements": "dict"},
        secrets={"type": "list", "elements": "str", "no_log": True},
        payload={"type": "str", "no_log": True},
    )
