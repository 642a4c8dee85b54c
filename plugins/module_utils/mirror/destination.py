# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a mirror is published: what a destination of any kind can do, and the rules that hold for all of them."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


@dataclass(frozen=True)
class Item:
    """One file of a mirror: its path below the mirror's root, its sha256, and how to get it."""

    path: str
    sha256: str
    obtain: Callable[[], Path]
    """Returns a local file that has the content; called only if the destination lacks it."""


@dataclass(frozen=True)
class Local:
    """An item that was obtained and verified."""

    path: str
    sha256: str
    file: Path


class Destination(ABC):
    """A place that hosts can read a mirror from."""

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """Return a small file's content, None where there is no such file."""

    @abstractmethod
    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 of those files that are there."""

    @abstractmethod
    def put(self, files: Sequence[Local]) -> None:
        """Publish files in this order, each of them at once: a reader sees the old or the new one, never a part."""


@dataclass(frozen=True)
class Part:
    """A part of a mirror: its content, and the indices that name the content."""

    content: Sequence[Item]
    indices: Sequence[Item]
    fetch: Callable[[Collection[str]], None] | None = None
    """Gets the paths that the destination lacks, where fetching them together is faster than one by one."""


def publish(destination: Destination, part: Part, check: bool) -> list[str]:
    """Bring what differs to a destination and return its paths; indices after the content that they name.

    Everything is obtained and verified before the first file is published; with `check` nothing is obtained.
    Raises Failure when a file is not what its sha256 says.
    """
    wanted = [*part.content, *part.indices]
    present = destination.digests([item.path for item in wanted])
    missing = [item for item in wanted if present.get(item.path) != item.sha256]
    if not check and missing:
        if part.fetch:
            part.fetch({item.path for item in missing})
        destination.put([_verified(item) for item in missing])
    return [item.path for item in missing]


def text_item(path: str, text: str, staging: Path) -> Item:
    """Return a file of a mirror whose content is this text."""
    return bytes_item(path, text.encode("utf-8"), staging)


def bytes_item(path: str, content: bytes, staging: Path) -> Item:
    """Return a file of a mirror with this content, which is staged as a file when it is needed."""
    sha256 = hashlib.sha256(content).hexdigest()

    def write() -> Path:
        staging.mkdir(parents=True, exist_ok=True)
        file = staging / sha256
        file.write_bytes(content)
        return file

    return Item(path, sha256, write)


def _verified(item: Item) -> Local:
    file = item.obtain()
    found = digest(file)
    if found != item.sha256:
        raise Failure(f"{item.path}: sha256 is {found}, expected {item.sha256}; nothing was published")
    return Local(item.path, item.sha256, file)
