# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of the roles' catalogues, from the first source that has them, for a user's own mirror."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import algorithm_of, digest, fetch
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import (
    CHECKSUMS_FILE,
    SUMS_FILE,
    format_checksums,
    format_sums,
    parse_checksums,
    parse_sums,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import (
    Destination,
    Item,
    text_item,
)

UPSTREAM = "upstream"


def content(
    archives: Sequence[Archive], sources: Sequence[str], checksums: Mapping[str, str], cache: Path
) -> list[Item]:
    """Return the archives as items; a checksum in `checksums` (by file name) goes before the catalogue's.

    `sources` are base URLs or directories in a mirror's layout, or "upstream", tried in order.
    """
    items: list[Item] = []
    for archive in archives:
        checksum = checksums.get(archive.file, archive.checksum)
        if not checksum:
            raise Failure(
                f"{archive.file}: no sum of upstream's release is known, and nothing is mirrored unchecked. "
                "Give it in artifact_checksums, from a source that built it or from a file you verified"
            )
        urls = [_location(archive, source) for source in sources]

        def obtain(archive: Archive = archive, checksum: str = checksum, urls: Sequence[str] = tuple(urls)) -> Path:
            file = cache / "archives" / checksum[:64] / archive.file
            if not file.exists() or digest(file, algorithm_of(checksum)) != checksum:
                file.parent.mkdir(parents=True, exist_ok=True)
                fetch(urls, file, checksum)
            return file

        # A mirror's own lists are of SHA-256; of a release that has only SHA-512 it is known once the file is here.
        sha256 = checksum if algorithm_of(checksum) == "sha256" else digest(obtain())
        items.append(Item(archive.path, sha256, obtain))
    return items


def indices(items: Sequence[Item], destination: Destination, staging: Path) -> list[Item]:
    """Return the lists of checksums, with what the destination has of other versions and architectures kept."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    for item in items:
        folder, _separator, name = item.path.rpartition("/")
        folders[folder][name] = item.sha256
    lists: list[Item] = []
    for folder, sums in sorted(folders.items()):
        path = f"{folder}/{SUMS_FILE}"
        lists.append(text_item(path, format_sums({**parse_sums(_text(destination, path)), **sums}), staging))
    known = parse_checksums(_text(destination, CHECKSUMS_FILE))
    named = {name: sha256 for sums in folders.values() for name, sha256 in sums.items()}
    return [*lists, text_item(CHECKSUMS_FILE, format_checksums({**known, **named}), staging)]


def _text(destination: Destination, path: str) -> str:
    return (destination.read(path) or b"").decode("utf-8")


def _location(archive: Archive, source: str) -> str:
    if source == UPSTREAM:
        return archive.upstream
    if "://" in source:
        return f"{source.rstrip('/')}/{archive.path}"
    path = Path(source).expanduser()
    if not path.is_absolute():
        raise Failure(f"source {source}: give a URL, a directory by its whole path, or {UPSTREAM}")
    return f"{path.as_uri()}/{archive.path}"
