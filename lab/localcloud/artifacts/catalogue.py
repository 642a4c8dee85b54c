"""What is to be mirrored: the catalogues of this checkout's roles, read where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive, archives

from localcloud import paths


def declared(architectures: Sequence[str], roles: Path = paths.CHECKOUT / "roles") -> list[Archive]:
    """Return the archives of every role that has a catalogue (`<role>_catalogue` in its vars/main.yml)."""
    found: list[Archive] = []
    for file in sorted(roles.glob("*/vars/main.yml")):
        variables = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        found += archives(variables.get(f"{file.parts[-3]}_catalogue", {}), architectures)
    return found
