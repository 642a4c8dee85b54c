# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last good answer of each region, a file a region and identity, readable by its owner only.

What it holds decides who is given secrets, so a file that another user could have written is not believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import Instance, Subnet

_FORMAT = 1


@dataclass(frozen=True)
class Snapshot:
    """One region of one account as read at `taken` (seconds since the epoch)."""

    instances: Sequence[Instance]
    subnets: Sequence[Subnet]
    taken: float

    @property
    def age(self) -> float:
        """Seconds since it was read."""
        return time.time() - self.taken


class Cache:
    """Snapshots under `directory`; `identity` is everything that could change an answer."""

    def __init__(self, directory: Path, identity: Sequence[str]) -> None:
        self._directory = directory
        self._identity = identity

    def path(self, region: str, role_arn: str) -> Path:
        """The file of one region as one identity sees it."""
        text = json.dumps([_FORMAT, region, role_arn, *self._identity])
        return self._directory / f"{region}-{hashlib.sha256(text.encode()).hexdigest()[:20]}.json"

    def read(self, region: str, role_arn: str, max_age: float | None = None) -> Snapshot | None:
        """The last good snapshot, or None: none there, older than max_age seconds, damaged, or not ours alone."""
        path = self.path(region, role_arn)
        try:
            # The check is on the opened file, so that nothing can be put in its place in between.
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
                    return None
                data = json.load(file)
            snapshot = Snapshot(
                [Instance(**item) for item in data["instances"]],
                [Subnet(**item) for item in data["subnets"]],
                float(data["taken"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None
        # A clock that was set back must not keep an old answer alive.
        fresh = max_age is None or 0 <= snapshot.age <= max_age
        return snapshot if fresh else None

    def write(self, region: str, role_arn: str, snapshot: Snapshot) -> None:
        """Replace the region's file in one rename. Raises OSError, naming the path."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=".", suffix=".tmp")  # mkstemp's mode is 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(snapshot), file, separators=(",", ":"))
            Path(name).replace(self.path(region, role_arn))
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
