"""Filling the lab's mirror: each archive from upstream, or built, or already there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import algorithm_of, fetch
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import (
    CHECKSUMS_FILE,
    SUMS_FILE,
    format_checksums,
    format_sums,
    parse_checksums,
    parse_sums,
    released_checksum,
)

from localcloud.artifacts.archive import Built, write_archive
from localcloud.artifacts.golang import Go
from localcloud.artifacts.maven import Maven
from localcloud.artifacts.progress import say
from localcloud.artifacts.python import Python
from localcloud.artifacts.recipes import GoRecipe, MavenRecipe, PythonRecipe, Recipe, Recipes
from localcloud.artifacts.store import Entry, Store, locked, publish, publish_text
from localcloud.problems import LabError


class Source(StrEnum):
    """Where archives come from; AUTO is upstream where it answers, else the registries."""

    AUTO = "auto"
    UPSTREAM = "upstream"
    REGISTRY = "registry"


@dataclass(frozen=True)
class Filled:
    """An archive that the mirror now serves."""

    archive: Archive
    sha256: str
    fresh: bool


class Mirror:
    """A directory in the layout that hosts read, over a cache of archives."""

    def __init__(self, directory: Path, cache: Path, recipes: Recipes) -> None:
        self._directory = directory
        self._cache = cache
        self._store = Store(cache)
        self._recipes = recipes
        self._go = Go(recipes.toolchain, cache)
        self._maven = Maven(cache)
        self._python = Python(cache)

    def fill(self, wanted: Sequence[Archive], source: Source) -> list[Filled]:
        """Bring every archive into the mirror, then its lists of checksums.

        Go's builds go one by one, for each takes all cores; beside them, all others do, for they wait for a network.
        Raises LabError when an archive can neither be fetched nor built; those before it are then served already.
        """
        with ThreadPoolExecutor(1) as cores, ThreadPoolExecutor(1) as network:
            lanes = [cores if self._takes_cores(archive) else network for archive in wanted]
            running = [
                lane.submit(self._fill_one, archive, source) for lane, archive in zip(lanes, wanted, strict=True)
            ]
            try:
                return [one.result() for one in running]
            except BaseException:
                for one in running:
                    one.cancel()
                raise

    def _takes_cores(self, archive: Archive) -> bool:
        return isinstance(self._recipes.archives.get(archive.component), GoRecipe)

    def _fill_one(self, archive: Archive, source: Source) -> Filled:
        start = time.monotonic()
        entry = self._obtain(archive, source)
        self._serve(archive, entry)
        if entry.fresh:
            say(f"{archive.file}: in the mirror after {time.monotonic() - start:.0f} s")
        return Filled(archive, entry.sha256, entry.fresh)

    def _obtain(self, archive: Archive, source: Source) -> Entry:
        if source is Source.UPSTREAM and not archive.checksum:
            raise LabError(
                f"{archive.file}: the catalogue has no checksum of upstream's release, and none is taken unchecked; "
                "--source registry builds it from package registries"
            )
        if source is Source.REGISTRY or not archive.checksum:
            return self._build(archive)
        key = f"upstream-{archive.checksum[:24]}"
        fetched = self._store.cached(key, archive.file)
        if fetched:
            return fetched
        if source is Source.AUTO:
            # What was built once stays: a mirror that changes its bytes would reinstall every host.
            built = self._store.cached(self._build_key(archive), archive.file)
            if built:
                return built
        try:
            published = released_checksum(archive.upstream, algorithm_of(archive.checksum), timeout=5)
        except Failure as failure:
            if source is Source.UPSTREAM:
                raise LabError(f"{failure}; --source registry builds it from package registries") from failure
            say(f"{archive.file}: upstream does not answer here; building it from its package registry")
            return self._build(archive)
        if published != archive.checksum:
            raise LabError(
                f"{archive.file}: upstream's list says {published}, the catalogue {archive.checksum}; "
                "one of them was changed after the release: find out which before you use it"
            )

        def download(_work: Path, target: Path) -> None:
            # Kept outside of the work directory, so that the next run goes on where a broken download ended.
            arrived = self._cache / "download" / archive.file
            arrived.parent.mkdir(parents=True, exist_ok=True)
            fetch([archive.upstream], arrived, archive.checksum)
            arrived.replace(target)

        return self._store.obtain(key, archive.file, download)

    def _build_key(self, archive: Archive) -> str:
        recipe = self._recipes.archives.get(archive.component)
        return recipe.key(archive.version, archive.architecture) if recipe else ""

    def _build(self, archive: Archive) -> Entry:
        recipe = self._recipes.archive(archive.component)

        def make(work: Path, target: Path) -> None:
            built = self._built(recipe, archive, work)
            directory = archive.file.removesuffix(".gz").removesuffix(".tgz").removesuffix(".tar")
            if directory != archive.file:
                write_archive(target, directory, built)
            else:
                [bare] = built.files.values()
                shutil.copyfile(bare, target)

        return self._store.obtain(self._build_key(archive), archive.file, make)

    def _built(self, recipe: Recipe, archive: Archive, work: Path) -> Built:
        match recipe:
            case GoRecipe():
                return self._go.build(recipe, archive.version, archive.architecture, work)
            case MavenRecipe():
                return self._maven.build(recipe, archive.version, work)
            case PythonRecipe():
                return self._python.build(recipe, archive.version, archive.architecture, work)

    def _serve(self, archive: Archive, entry: Entry) -> None:
        target = self._directory / archive.path
        # The archive first, its checksums after it: a reader never finds a sum without its file.
        with locked(self._cache / "locks" / "mirror", "the mirror's checksums"):
            publish(entry.file, target)
            sums = target.with_name(SUMS_FILE)
            known = parse_sums(sums.read_text(encoding="utf-8")) if sums.exists() else {}
            publish_text(format_sums({**known, archive.file: entry.sha256}), sums)
            checksums = self._directory / CHECKSUMS_FILE
            known = parse_checksums(checksums.read_text(encoding="utf-8")) if checksums.exists() else {}
            publish_text(format_checksums({**known, archive.file: entry.sha256}), checksums)
