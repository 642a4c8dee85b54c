# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a generation live, or take it away again: links, unit, reload or restart, readiness."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import live, placement, validation
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import probes
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import (
    Readiness,
    await_ready,
    found_now,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import UnitState
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.validation import (
    MissingPlaceError,
    Places,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

RESTART, RELOAD, LEAVE = "restart", "reload", "leave"


class ServiceManager(Protocol):
    """What is asked of systemd."""

    def state(self, unit: str) -> UnitState:
        """Return the state of ``unit``."""

    def reload_manager(self) -> None:
        """Read unit files again."""

    def restart(self, unit: str) -> None:
        """Start ``unit`` anew."""

    def reload(self, unit: str) -> None:
        """Let ``unit`` read its configuration again."""

    def stop(self, unit: str) -> None:
        """Stop ``unit``."""

    def last_lines(self, unit: str, since: float) -> str:
        """Return the last log lines of ``unit``."""


def activate(
    layout: Layout, services: ServiceManager, generation: Path, before: Mapping[str, Any], how: str
) -> Readiness:
    """Bring the promoted ``generation`` to life and wait until it is ready.

    ``before`` is the manifest of the generation that was live: what only it had is taken away. ``how`` is
    RESTART, RELOAD or LEAVE (only links and readiness).
    """
    manifest = live.manifest(generation)
    has_unit = bool(manifest.get("unit"))
    if before.get("unit") and not has_unit:
        services.stop(layout.unit_name)
    placement.place_links(
        placement.links(layout, has_unit, manifest.get("links", {})),
        placement.links(layout, bool(before.get("unit")), before.get("links", {})) if before else {},
    )
    if has_unit or before.get("unit"):
        # Even for a reload: systemd before 250 remembers the generation that the unit's link led to.
        services.reload_manager()
    if how != LEAVE:
        run_commands(manifest.get("apply", []), layout)
    if has_unit and how == RESTART:
        services.restart(layout.unit_name)
    elif has_unit and how == RELOAD:
        services.reload(layout.unit_name)
    return confirm(layout, services, manifest)


def confirm(layout: Layout, services: ServiceManager, manifest: Mapping[str, Any]) -> Readiness:
    """Wait until the live generation with ``manifest`` answers."""
    unit = layout.unit_name if manifest.get("unit") else None
    return await_ready(probes(manifest.get("probes", [])), unit, services, float(manifest.get("within", 30)))


def answers(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the live generation with ``manifest`` answers now, without waiting for it."""
    return found_now(probes(manifest.get("probes", [])))


def deactivate(layout: Layout, services: ServiceManager, manifest: Mapping[str, Any]) -> None:
    """Leave nothing of the generation with ``manifest`` running, enabled or visible."""
    has_unit = bool(manifest.get("unit"))
    if has_unit and layout.unit.is_symlink():
        services.stop(layout.unit_name)
    placement.place_links({}, placement.links(layout, has_unit, manifest.get("links", {})))
    if has_unit:
        services.reload_manager()


def run_commands(commands: Sequence[Sequence[str]], layout: Layout) -> None:
    """Run the commands that make a changed tree live."""
    places = Places(layout.tree, layout.archive, layout.data)
    for argv in commands:
        try:
            command = validation.locate(argv, places)
        except MissingPlaceError as error:
            raise Failure("'{}' cannot be run: {} is not there".format(" ".join(argv), error)) from error
        validation.run(command, "the changed configuration could not be applied")


def log_excerpt(
    layout: Layout, services: ServiceManager, manifest: Mapping[str, Any], since: float | None = None
) -> str:
    """Return the unit's last words, indented for a message ("" without a unit)."""
    if not manifest.get("unit"):
        return ""
    lines = services.last_lines(layout.unit_name, since if since is not None else time.time() - 600)
    return "\nLast log lines of {}:\n{}".format(
        layout.unit_name,
        "\n".join("  " + line for line in (lines or "(none)").splitlines()),
    )
