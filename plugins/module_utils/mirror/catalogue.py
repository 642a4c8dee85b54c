# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archives that roles install, as their catalogues declare them (``roles/<role>/vars/main.yml``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


@dataclass(frozen=True)
class Archive:
    """One file of one release, for one architecture, under the name its upstream gives it."""

    component: str
    version: str
    architecture: str
    file: str
    upstream: str
    sha256: str

    @property
    def path(self) -> str:
        """Where a mirror keeps it, relative to the mirror's root."""
        return "/".join((self.component, self.version, self.file))


def archives(catalogue: Mapping[str, Mapping[str, Any]], architectures: Sequence[str]) -> Iterator[Archive]:
    """Archives of every entry of a catalogue, for those of the architectures that its upstream releases.

    Raises Failure when an entry has no component, version, file, upstream or sha256.
    """
    for name, entry in catalogue.items():
        for key in ("component", "version", "file", "upstream", "sha256"):
            if not entry.get(key):
                raise Failure(f"catalogue entry {name} has no {key}")
        for architecture in architectures:
            if architecture not in entry["sha256"]:
                continue
            version = str(entry["version"])
            file = entry["file"].format(version=version, architecture=architecture)
            yield Archive(
                component=entry["component"],
                version=version,
                architecture=architecture,
                file=file,
                upstream=entry["upstream"].format(version=version, architecture=architecture, file=file),
                sha256=entry["sha256"][architecture],
            )
