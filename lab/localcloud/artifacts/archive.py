"""Archives in upstream's form whose bytes depend on their contents only."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# The date of files whose registry says none that is the same everywhere.
UNDATED = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Built:
    """What a recipe made: programs and files by their names in the archive, and the date they get there."""

    programs: Mapping[str, Path]
    files: Mapping[str, Path]
    date: datetime


def write_archive(target: Path, directory: str, built: Built) -> None:
    """Write a .tar.gz with one directory of programs (0755) and files (0644), all of root and of one date."""
    members = {**dict.fromkeys(built.files, 0o644), **dict.fromkeys(built.programs, 0o755)}
    sources = {**built.files, **built.programs}
    seconds = int(built.date.timestamp())
    with (
        target.open("wb") as raw,
        # A gzip header holds a name and a time: both are left out.
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=9, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        tar.addfile(_member(directory, 0o755, seconds, tarfile.DIRTYPE))
        for name in sorted(members):
            content = sources[name].read_bytes()
            member = _member(f"{directory}/{name}", members[name], seconds, tarfile.REGTYPE)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def _member(name: str, mode: int, seconds: int, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, mode, seconds
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
