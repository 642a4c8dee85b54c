# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror in a directory of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import (
    Failure,
    full_disk_named,
    require_space,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Local


class DirectoryDestination(Destination):
    """A directory, such as a web server's document root; files are world-readable, for any server's user."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 of the files that are there, read from their bytes."""
        return {path: digest(self._root / path) for path in paths if (self._root / path).is_file()}

    def put(self, files: Sequence[Local]) -> None:
        """Copy each file beside its place and rename it there."""
        try:
            require_space(self._root, sum(local.file.stat().st_size for local in files))
            with full_disk_named(self._root):
                for local in files:
                    self._put(local)
        except PermissionError as error:
            raise Failure(f"{self._root}: {error}; run as a user who may write there (become)") from error

    def _put(self, local: Local) -> None:
        target = self._root / local.path
        for directory in reversed(target.relative_to(self._root).parents):
            place = self._root / directory
            if not place.exists():
                place.mkdir(parents=True)
                place.chmod(0o755)
        part = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with local.file.open("rb") as source, part.open("wb") as output:
                shutil.copyfileobj(source, output, 1 << 20)
                output.flush()
                os.fsync(output.fileno())
            part.chmod(0o644)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
