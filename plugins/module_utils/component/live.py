# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is live of a component on this host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.generations import Generations
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import States
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import UnitState

MANIFEST = "generation.json"


@dataclass(frozen=True)
class Live:
    """The live generation (None: none), its manifest, and the state of its unit.

    ``applied`` names the last generation that was confirmed ready; another one that is live is owed a
    restart, for an earlier run died before it was confirmed.
    """

    generation: Path | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    applied: str = ""
    state: UnitState = field(default_factory=lambda: UnitState("inactive"))

    @property
    def tree(self) -> Path | None:
        """The live configuration tree."""
        path = self.generation / "etc" if self.generation else None
        return path if path and path.is_dir() else None

    @property
    def owed(self) -> bool:
        """Whether the live generation was never confirmed."""
        return self.generation is not None and self.generation.name != self.applied


def observe(layout: Layout, states: States) -> Live:
    """Read what is live; nothing is changed."""
    generation = Generations(layout.generations, layout.current).current()
    state = UnitState("inactive")
    if layout.unit.is_symlink() or layout.unit.exists():
        state = states.state(layout.unit_name)
    return Live(generation, manifest(generation), applied(layout), state)


def manifest(generation: Path | None) -> Mapping[str, Any]:
    """Return a generation's manifest ({} without one)."""
    try:
        value = json.loads((generation / MANIFEST).read_text(encoding="utf-8")) if generation else {}
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def applied(layout: Layout) -> str:
    """Return the name of the last confirmed generation, or ""."""
    try:
        return layout.applied.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
