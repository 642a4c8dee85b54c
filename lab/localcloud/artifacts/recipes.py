"""Recipes: how an archive of the catalogue is built from a package registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from localcloud import paths
from localcloud.problems import LabError

RECIPES = Path(__file__).with_name("recipes.yml")
LOCKS = Path(__file__).with_name("maven")
# Raise it when the way of building changes the bytes: every cached build is then made again.
BUILD_FORMAT = 1


class RecipeError(LabError):
    """A recipe is missing or does not fit; the message names it and the file."""


@dataclass(frozen=True)
class Toolchain:
    """Go's version that builds, and the checksum of its module for each architecture that has one pinned."""

    version: str
    sum: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GoRecipe:
    """Programs of one Go module, as upstream's own go.mod builds them."""

    module: str
    sum: str
    programs: Mapping[str, str]
    """Program name to its package, relative to the module."""
    ldflags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Files of the module that the archive carries beside the programs."""
    toolchain: Toolchain = Toolchain("")

    def key(self, version: str, architecture: str) -> str:
        """Name of the build in the cache: everything that decides its bytes, as a hash."""
        deciding = {name: value for name, value in asdict(self).items() if name != "toolchain"}
        return _key([BUILD_FORMAT, deciding, version, architecture, self.toolchain.version])


@dataclass(frozen=True)
class MavenRecipe:
    """Jars and all that they need, from Maven Central; a lock file for each version pins what goes in."""

    lock: str
    """Name of the lock file in maven/, with {version}."""
    jars: tuple[str, ...]
    """group:artifact[:version] of what is resolved for the lock; without a version it is the `bom`'s."""
    bom: str = ""
    exclude: tuple[str, ...] = ()
    """Patterns of group:artifact that are left out."""
    lib: str = ""
    """The archive's directory of jars; none for an artifact that is one bare jar."""

    def lock_file(self, version: str) -> Path:
        """Return the place of a version's lock."""
        return LOCKS / self.lock.format(version=version)

    def key(self, version: str, architecture: str) -> str:  # noqa: ARG002  jars serve all architectures
        """Name of the build in the cache: the lock says all but the layout."""
        lock = self.lock_file(version)
        pinned = lock.read_text(encoding="utf-8") if lock.exists() else ""
        return _key([BUILD_FORMAT, "maven", self.lib, version, pinned])


@dataclass(frozen=True)
class PythonRecipe:
    """A Python package of this checkout with the wheels it needs, pinned by a lock file with hashes."""

    requirements: str
    package: str
    python: str
    """Version of the hosts' Python, as in 3.11."""
    platforms: Mapping[str, str]
    """Architecture to the platform whose wheels are taken, as uv names it."""

    def sources(self) -> dict[str, Path]:
        """Return the package's files by their names in the archive's lib/, without bytecode."""
        root = paths.CHECKOUT / self.package
        return {
            str(file.relative_to(root.parent)): file
            for file in sorted(root.rglob("*"))
            if file.is_file() and "__pycache__" not in file.parts
        }

    def key(self, version: str, architecture: str) -> str:
        """Name of the build in the cache: the lock, the package's own files, and for whom."""
        files = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in self.sources().items()}
        lock = (paths.CHECKOUT / self.requirements).read_text(encoding="utf-8")
        return _key([BUILD_FORMAT, asdict(self), version, architecture, lock, files])


Recipe = GoRecipe | MavenRecipe | PythonRecipe
_KINDS: Mapping[str, type[Recipe]] = {"go": GoRecipe, "maven": MavenRecipe, "python": PythonRecipe}


@dataclass(frozen=True)
class Tool:
    """A program for the contributor's own machine."""

    name: str
    version: str
    recipe: GoRecipe


@dataclass(frozen=True)
class Recipes:
    """All of recipes.yml."""

    toolchain: Toolchain
    archives: Mapping[str, Recipe]
    tools: Mapping[str, Tool]

    def archive(self, component: str) -> Recipe:
        """Return a component's recipe, or raise RecipeError that says where it belongs."""
        if component not in self.archives:
            raise RecipeError(f"no recipe builds {component} from a package registry; add one to {RECIPES}")
        return self.archives[component]


def load(path: Path = RECIPES) -> Recipes:
    """Read a recipes file. Raises RecipeError when an entry does not fit."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    toolchain = Toolchain(**document["toolchain"])
    tools: dict[str, Tool] = {}
    for name, entry in document.get("tools", {}).items():
        recipe = _recipe(name, entry, toolchain, path)
        if not isinstance(recipe, GoRecipe):
            raise RecipeError(f"{path}: {name} is of kind {entry['kind']}; a tool is of kind go")
        tools[name] = Tool(name, str(entry["version"]), recipe)
    archives = {name: _recipe(name, entry, toolchain, path) for name, entry in document["archives"].items()}
    return Recipes(toolchain, archives, tools)


def _recipe(name: str, entry: Mapping[str, Any], toolchain: Toolchain, path: Path) -> Recipe:
    kind = _KINDS.get(entry.get("kind", ""))
    if kind is None:
        raise RecipeError(f"{path}: {name} is of kind {entry.get('kind')}; known kinds: {', '.join(_KINDS)}")
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
        if key not in ("kind", "version")
    }
    if kind is GoRecipe:
        fields["toolchain"] = toolchain
    try:
        return kind(**fields)
    except TypeError as error:
        raise RecipeError(f"{path}: {name}: {error}") from error


def _key(deciding: list[Any]) -> str:
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:24]
