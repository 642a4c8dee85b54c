"""What is to be mirrored: the catalogues of this checkout's roles, read where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive, archives

from localcloud import paths


def declared(
    architectures: Sequence[str], versions: Mapping[str, str] | None = None, roles: Path = paths.CHECKOUT / "roles"
) -> list[Archive]:
    """Return the archives of every role that has a catalogue (`<role>_catalogue` in its vars/main.yml).

    `versions` (by component) go before the catalogues'; no sum is known of those.
    """
    found: list[Archive] = []
    for file in sorted(roles.glob("*/vars/main.yml")):
        variables = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        catalogue = {
            name: _of_version(entry, (versions or {}).get(entry.get("component")))
            for name, entry in variables.get(f"{file.parts[-3]}_catalogue", {}).items()
        }
        found += archives(catalogue, architectures)
    return found


def _of_version(entry: Mapping[str, Any], version: str | None) -> Mapping[str, Any]:
    if version is None or version == str(entry.get("version")):
        return entry
    return {**{key: value for key, value in entry.items() if not key.startswith("sha")}, "version": version}
