# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render a systemd unit: hardened unless the declaration says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HARDENING: Mapping[str, Any] = {
    "NoNewPrivileges": True,
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": True,
    "PrivateTmp": True,
    "PrivateDevices": True,
    "ProtectKernelTunables": True,
    "ProtectKernelModules": True,
    "ProtectKernelLogs": True,
    "ProtectControlGroups": True,
    "ProtectClock": True,
    "ProtectHostname": True,
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": True,
    "RestrictRealtime": True,
    "RestrictSUIDSGID": True,
    "LockPersonality": True,
    "MemoryDenyWriteExecute": True,
    "RemoveIPC": True,
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0027",
}


@dataclass(frozen=True)
class UnitDeclaration:
    """What a role says of its unit; all paths are final.

    ``limits``: ``cpu`` in cores, ``memory`` as systemd writes sizes, ``files`` and ``tasks`` as counts.
    ``sections`` overrides any setting: None removes it, a list repeats it.
    """

    name: str
    command: Sequence[str]
    user: str
    description: str = ""
    reload: Sequence[str] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    writable: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    jvm: bool = False
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def render(unit: UnitDeclaration) -> str:
    """Return the unit's text."""
    sections: dict[str, dict[str, Any]] = {
        "Unit": {
            "Description": unit.description or unit.name,
            "Wants": "network-online.target",
            "After": "network-online.target",
            "StartLimitIntervalSec": 0,  # a component never gives up; readiness and alerts tell of it
        },
        "Service": _service(unit),
        "Install": {"WantedBy": "multi-user.target"},
    }
    for section, settings in unit.sections.items():
        sections.setdefault(section, {}).update(settings)
    lines = ["# Written by selfhosted.monitoring.component; declare changes in 'unit'."]
    for section, settings in sections.items():
        lines += ["", f"[{section}]"]
        for key, value in settings.items():
            lines += [f"{key}={_value(one)}" for one in _values(value)]
    return "\n".join(lines) + "\n"


def _service(unit: UnitDeclaration) -> dict[str, Any]:
    service: dict[str, Any] = {
        "Type": "exec",
        "User": unit.user,
        "Group": unit.user,
        "ExecStart": command_line(unit.command),
    }
    if unit.reload:
        service["ExecReload"] = command_line(unit.reload, variables=True)
    if unit.environment:
        service["Environment"] = [quote(f"{key}={_text(value)}") for key, value in sorted(unit.environment.items())]
    service.update({"Restart": "always", "RestartSec": 2, "TimeoutStopSec": 60})
    if unit.jvm:
        service["SuccessExitStatus"] = 143  # a JVM that SIGTERM ended
    service.update(_limits(unit.limits))
    service.update(HARDENING)
    if unit.jvm:
        service["MemoryDenyWriteExecute"] = False  # its compiler writes code
    if unit.capabilities:
        service["CapabilityBoundingSet"] = service["AmbientCapabilities"] = " ".join(unit.capabilities)
    if unit.writable:
        service["ReadWritePaths"] = [quote(path) for path in unit.writable]
    return service


def _limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if limits.get("cpu") is not None:
        rendered["CPUQuota"] = f"{max(1, round(float(limits['cpu']) * 100))}%"
    if limits.get("memory") is not None:
        rendered["MemoryMax"] = limits["memory"]  # on cgroup v1 systemd applies it as MemoryLimit itself
    if limits.get("tasks") is not None:
        rendered["TasksMax"] = limits["tasks"]
    rendered["LimitNOFILE"] = limits.get("files") or 65536
    return rendered


def command_line(argv: Sequence[str], variables: bool = False) -> str:
    """Return ``argv`` as systemd reads it; ``variables``: ``$MAINPID`` keeps its meaning."""
    return " ".join(
        str(one) if variables and str(one) == "$MAINPID" else quote(str(one).replace("$", "$$")) for one in argv
    )


def quote(argument: str) -> str:
    """Return ``argument`` as one word of a unit's line (systemd.syntax(7)): specifiers are literal."""
    literal = argument.replace("%", "%%")
    if literal and re.fullmatch(r"[A-Za-z0-9_@%+=:,./$-]+", literal):
        return literal
    escaped = literal.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _value(value: Any) -> str:
    text = _text(value)
    if "\n" in text:
        raise ValueError(f"a unit's setting cannot hold a line break: {text!r}")
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
