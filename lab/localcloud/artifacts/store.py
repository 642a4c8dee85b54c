"""The cache of archives and tools: content under the key of what made it, checked at each use."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest

from localcloud.artifacts.progress import say


@dataclass(frozen=True)
class Entry:
    """A file of the cache that was found whole, or was just made."""

    file: Path
    sha256: str
    fresh: bool


@contextmanager
def locked(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold a lock file; another run that holds it is waited for, and named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another run is at {waiting_for}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Store:
    """Files under `directory/store/<key>/`, each with the sha256 it had when it was made."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def cached(self, key: str, name: str) -> Entry | None:
        """Return the file made under this key if it is there and whole."""
        return _whole(self._directory / "store" / key, name) if key else None

    def obtain(self, key: str, name: str, make: Callable[[Path, Path], None]) -> Entry:
        """Return the file made under this key; `make(work, target)` makes it if there is none, or a broken one.

        `work` is an empty directory that is removed afterwards. Runs at the same time make a file once.
        """
        place = self._directory / "store" / key
        found = _whole(place, name)
        if found:
            return found
        with locked(self._directory / "locks" / key, name):
            found = _whole(place, name)
            if found:
                return found
            if place.exists():
                say(f"{name}: the cached one is damaged; making it again")
                shutil.rmtree(place)
            return self._make(place, name, make)

    def _make(self, place: Path, name: str, make: Callable[[Path, Path], None]) -> Entry:
        scratch = self._directory / "work"
        scratch.mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=scratch, prefix=f"{name}."))
        try:
            (work / "build").mkdir()
            (work / "entry").mkdir()
            target = work / "entry" / name
            make(work / "build", target)
            sha256 = digest(target)
            (work / "entry" / f"{name}.sha256").write_text(f"{sha256}  {name}\n", encoding="utf-8")
            (work / "entry").replace(place)
        finally:
            shutil.rmtree(work)
        return Entry(place / name, sha256, fresh=True)


def _whole(place: Path, name: str) -> Entry | None:
    try:
        recorded = (place / f"{name}.sha256").read_text(encoding="utf-8").split()[0]
        intact = digest(place / name) == recorded
    except (OSError, IndexError):
        return None
    return Entry(place / name, recorded, fresh=False) if intact else None


def publish(source: Path, target: Path) -> None:
    """Lay a file of the cache at a place of the mirror, at once; nothing is copied on the same file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.samefile(source):
        return
    part = target.with_name(f".{target.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        part.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, part)
    part.replace(target)


def publish_text(text: str, target: Path) -> None:
    """Write a text file of the mirror at once, if it differs."""
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(target)
