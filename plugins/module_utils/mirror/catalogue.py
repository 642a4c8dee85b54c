# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archives that roles install, as their catalogues declare them (``roles/<role>/vars/main.yml``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

ANY = "any"
_ARCHIVE = ("version", "file", "upstream")


@dataclass(frozen=True)
class Archive:
    """One file of one release, for one architecture, under the name its upstream gives it."""

    component: str
    version: str
    architecture: str
    file: str
    upstream: str
    checksum: str
    """Of upstream's release, SHA-256 or SHA-512; "" if none could be pinned."""

    @property
    def path(self) -> str:
        """Where a mirror keeps it, relative to the mirror's root."""
        return "/".join((self.component, self.version, self.file))


def archives(catalogue: Mapping[str, Mapping[str, Any]], architectures: Sequence[str]) -> Iterator[Archive]:
    """Archives of every entry of a catalogue, for those of the architectures that its upstream releases.

    A file without {architecture} in its name serves all of them; it is one archive, of the architecture "any". An
    entry that says nothing of an archive runs from another component's.
    Raises Failure when an entry has no component, version, file or upstream.
    """
    for name, entry in catalogue.items():
        if not any(entry.get(key) for key in _ARCHIVE):
            continue
        for key in ("component", *_ARCHIVE):
            if not entry.get(key):
                raise Failure(f"catalogue entry {name} has no {key}")
        sums = entry.get("sha256") or entry.get("sha512") or {}
        for architecture in architectures if "{architecture}" in entry["file"] else [ANY]:
            if isinstance(sums, Mapping) and sums and architecture not in sums:
                continue
            version = str(entry["version"])
            file = entry["file"].format(version=version, architecture=architecture)
            yield Archive(
                component=entry["component"],
                version=version,
                architecture=architecture,
                file=file,
                upstream=entry["upstream"].format(version=version, architecture=architecture, file=file),
                checksum=sums.get(architecture, "") if isinstance(sums, Mapping) else str(sums),
            )
