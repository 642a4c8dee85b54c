# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch an archive, verify it, and unpack it into a directory that appears in one rename."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic, download
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import archives
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import (
    Failure,
    full_disk_named,
    require_space,
)


def unpack(versions: Path, archive: Archive) -> Path:
    """Fetch, verify and unpack the archive below ``versions`` unless it is there; return its directory."""
    if (there := archives.unpacked(versions, archive)) is not None:
        return there
    with full_disk_named(versions):
        versions.mkdir(mode=0o755, parents=True, exist_ok=True)
        archives.sweep(versions)
        packed = versions / (f".{archive.checksum[:12]}-{archive.file}")
        algorithm = download.algorithm_of(archive.checksum)
        if not (packed.is_file() and download.digest(packed, algorithm) == archive.checksum):
            source = download.fetch(archive.urls, packed, archive.checksum)
        else:
            source = "an earlier download"
        staging = versions / f".staging-{os.getpid()}"
        atomic.step(f"stage {staging}")
        staging.mkdir(mode=0o755)
        try:
            _extract(packed, archive, staging)
            record = {**archive.summary, "file": archive.file, "source": source}
            atomic.write_new(staging / archives.RECORD, json.dumps(record).encode(), 0o644)
            _sync(staging)
            directory = versions / archive.identity
            if directory.exists():  # without a record: not from here, or not whole
                shutil.rmtree(directory)
            atomic.step(f"rename to {directory}")
            staging.rename(directory)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        atomic.sync_directory(versions)
        packed.unlink()
    return directory


def _extract(packed: Path, archive: Archive, target: Path) -> None:
    try:
        if tarfile.is_tarfile(packed):
            _extract_tar(packed, archive, target)
        elif zipfile.is_zipfile(packed) and archive.file.endswith(".zip"):
            _extract_zip(packed, archive, target)
        elif archive.file.endswith((".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar", ".zip")):
            raise Failure(
                f"{archive.file} has the declared checksum and yet is no archive; was its sum made of a broken file?"
            )
        else:
            require_space(target, packed.stat().st_size)
            mode = 0o644 if archive.file.endswith((".jar", ".war", ".json")) else 0o755
            with packed.open("rb") as stream:
                _write(target, archive.file, stream, mode)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise Failure(f"{archive.file} cannot be unpacked: {error}. Nothing was changed") from error


def _extract_tar(packed: Path, archive: Archive, target: Path) -> None:
    with tarfile.open(packed) as tar:
        members = tar.getmembers()
        require_space(target, sum(member.size for member in members))
        links: list[tuple[str, str]] = []
        for member in members:
            name = _inside(member.name, archive)
            if name is None or member.isdir():
                if name is not None:
                    (target / name).mkdir(mode=0o755, parents=True, exist_ok=True)
            elif member.isreg():
                stream = tar.extractfile(member)
                if stream is not None:
                    _write(target, name, stream, 0o755 if member.mode & 0o111 else 0o644)
            elif member.issym():
                _require_inside(name, member.linkname, archive)
                links.append((name, member.linkname))
            else:
                raise Failure(f"{archive.file} holds {member.name!r}, which is a device or hard link; it is refused")
        for name, destination in links:  # last, so that no file is ever written through one
            (target / name).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            (target / name).symlink_to(destination)
    _require_content(target, archive)


def _extract_zip(packed: Path, archive: Archive, target: Path) -> None:
    with zipfile.ZipFile(packed) as container:
        entries = container.infolist()
        require_space(target, sum(entry.file_size for entry in entries))
        for entry in entries:
            name = _inside(entry.filename, archive)
            if (entry.external_attr >> 16) & 0o170000 == 0o120000:
                raise Failure(f"{archive.file} holds the symbolic link {entry.filename!r}; in a zip it is refused")
            if name is not None and not entry.is_dir():
                with container.open(entry) as stream:
                    _write(target, name, stream, 0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
    _require_content(target, archive)


def _inside(name: str, archive: Archive) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise Failure(f"{archive.file} holds {name!r}, which leads out of its directory; it is refused")
    parts = path.parts[archive.strip :]
    return str(PurePosixPath(*parts)) if parts else None


def _require_inside(name: str, destination: str, archive: Archive) -> None:
    # Names are compared as text: links are made after all files, so none can redirect another on the way.
    resolved = os.path.normpath(str(PurePosixPath(name).parent / destination))
    if destination.startswith("/") or resolved == ".." or resolved.startswith("../"):
        raise Failure(
            f"{archive.file} holds the link {name!r} -> {destination!r}, which leads out of it; it is refused"
        )


def _require_content(target: Path, archive: Archive) -> None:
    if not any(target.iterdir()):
        raise Failure(f"nothing is left of {archive.file} after its {archive.strip} leading directories; set 'strip'")


def _write(target: Path, name: str, source: IO[bytes], mode: int) -> None:
    path = target / name
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with path.open("xb") as stream:
        shutil.copyfileobj(source, stream, 1 << 20)
    path.chmod(mode)


def _sync(root: Path) -> None:
    for path in _walk(root):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _walk(root: Path) -> Iterator[Path]:
    for directory, _names, files in os.walk(root):
        yield Path(directory)
        yield from (path for path in (Path(directory, name) for name in files) if not path.is_symlink())
