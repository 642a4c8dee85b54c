# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of an archive, unpacked side by side; each complete or not there at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import algorithm_of

RECORD = ".artifact.json"


@dataclass(frozen=True)
class Archive:
    """One version of an archive. ``strip``: leading directories to leave away; ``urls``: in the order to try.

    ``checksum`` is SHA-256 or SHA-512, in lower-case hexadecimal.
    """

    version: str
    file: str
    checksum: str
    urls: tuple[str, ...]
    strip: int = 1

    @property
    def identity(self) -> str:
        """Return the name of its directory: the same version with another content is another one."""
        return f"{self.version}-{self.checksum[:12]}"

    @property
    def summary(self) -> dict[str, str]:
        """Return what is remembered of it."""
        return {"version": self.version, algorithm_of(self.checksum): self.checksum, "identity": self.identity}


def described(summary: Mapping[str, str]) -> str:
    """Return a remembered archive as lines for a difference."""
    return "".join(f"{key} {summary[key]}\n" for key in ("version", "sha256", "sha512") if key in summary)


def unpacked(versions: Path, archive: Archive) -> Path | None:
    """Return the directory of the unpacked archive, or None."""
    directory = versions / archive.identity
    return directory if (directory / RECORD).is_file() else None


def sweep(versions: Path) -> None:
    """Remove what killed runs left half unpacked; a broken download stays, to be continued."""
    if versions.is_dir():
        for entry in versions.iterdir():
            if entry.name.startswith(".staging-"):
                shutil.rmtree(entry)


def prune(versions: Path, keep: set[str]) -> list[str]:
    """Remove the versions whose directory names are not in ``keep``, and what downloads left.

    If only one is to be kept, the newest other one stays as well: going back needs no download.
    """
    removed = []
    if versions.is_dir():
        others = [entry for entry in versions.iterdir() if entry.name not in keep and record(entry)]
        if others and len(keep) < 2:
            keep = keep | {max(others, key=lambda entry: entry.stat().st_mtime).name}
        for entry in sorted(versions.iterdir()):
            if entry.name in keep or entry.is_symlink():
                continue
            atomic.step(f"prune {entry}")
            if entry.is_dir():
                shutil.rmtree(entry)
                removed.append(entry.name)
            else:
                entry.unlink()
    return removed


def record(directory: Path) -> dict[str, Any]:
    """Return what is recorded of an unpacked archive ({} if nothing can be read)."""
    try:
        value = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
