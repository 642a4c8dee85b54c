# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations: whole directories of which one symbolic link shows exactly one at a time.

``STORE/000007-<digest>`` is a sealed generation, ``STORE/.staging-*`` one in the making. Promotion is one
rename of the link, so a reader sees the old directory or the new one and never a mixture.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic

_SEALED = re.compile(r"^(\d{6,})-[0-9a-f]{12}$")


class Generations:
    """The generations below ``store``, shown by ``link``."""

    def __init__(self, store: Path, link: Path) -> None:
        self.store = store
        self.link = link

    def current(self) -> Path | None:
        """Return the generation that is live, or None."""
        if not self.link.is_symlink():
            return None
        target = self.link.parent / self.link.readlink()
        return target if target.is_dir() else None

    def sealed(self) -> list[Path]:
        """Return the complete generations, oldest first."""
        if not self.store.is_dir():
            return []
        found = [entry for entry in self.store.iterdir() if _SEALED.match(entry.name)]
        return sorted(found, key=lambda entry: int(entry.name.split("-")[0]))

    def stage(self) -> Path:
        """Return a new empty directory to fill; what earlier, killed runs left there is removed."""
        self.store.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.sweep()
        staging = self.store / f".staging-{os.getpid()}"
        atomic.step(f"stage {staging}")
        staging.mkdir(mode=0o755)
        staging.chmod(0o755)
        return staging

    def seal(self, staging: Path, digest: str) -> Path:
        """Make a filled staging directory durable and give it its name (``digest``: hexadecimal)."""
        for directory, _names, _files in os.walk(staging):
            atomic.sync_directory(Path(directory))
        existing = self.sealed()
        number = int(existing[-1].name.split("-")[0]) + 1 if existing else 1
        generation = self.store / f"{number:06d}-{digest[:12]}"
        atomic.step(f"seal {generation}")
        staging.rename(generation)
        atomic.sync_directory(self.store)
        return generation

    def promote(self, generation: Path) -> None:
        """Show ``generation``: the one step after which it is live."""
        self.link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        atomic.replace_link(self.link, os.path.relpath(generation, self.link.parent))

    def withdraw(self) -> None:
        """Show none."""
        if self.link.is_symlink():
            atomic.step(f"withdraw {self.link}")
            self.link.unlink()
            atomic.sync_directory(self.link.parent)

    def sweep(self) -> None:
        """Remove what was never sealed."""
        if self.store.is_dir():
            for entry in self.store.iterdir():
                if entry.name.startswith(".staging-"):
                    shutil.rmtree(entry)

    def prune(self, keep: set[str]) -> list[str]:
        """Remove the sealed generations whose names are not in ``keep``; return the removed names."""
        live = self.current()
        removed = []
        for generation in self.sealed():
            if generation.name not in keep and generation != live:
                atomic.step(f"prune {generation}")
                shutil.rmtree(generation)
                removed.append(generation.name)
        return removed
