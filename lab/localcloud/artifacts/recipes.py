"""Recipes: how an archive of the catalogue is built from a package registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from localcloud.problems import LabError

RECIPES = Path(__file__).with_name("recipes.yml")
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

    def key(self, version: str, architecture: str, toolchain: Toolchain) -> str:
        """Name of the build in the cache: everything that decides its bytes, as a hash."""
        deciding = [BUILD_FORMAT, asdict(self), version, architecture, toolchain.version]
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:24]


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
    archives: Mapping[str, GoRecipe]
    tools: Mapping[str, Tool]

    def archive(self, component: str) -> GoRecipe:
        """Return a component's recipe, or raise RecipeError that says where it belongs."""
        if component not in self.archives:
            raise RecipeError(f"no recipe builds {component} from a package registry; add one to {RECIPES}")
        return self.archives[component]


def load(path: Path = RECIPES) -> Recipes:
    """Read a recipes file. Raises RecipeError when an entry does not fit."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    tools = {
        name: Tool(name, str(entry["version"]), _recipe(name, entry, path))
        for name, entry in document.get("tools", {}).items()
    }
    archives = {name: _recipe(name, entry, path) for name, entry in document["archives"].items()}
    return Recipes(Toolchain(**document["toolchain"]), archives, tools)


def _recipe(name: str, entry: Mapping[str, Any], path: Path) -> GoRecipe:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
        if key not in ("kind", "version")
    }
    if entry.get("kind") != "go":
        raise RecipeError(f"{path}: {name} is of kind {entry.get('kind')}; known kinds: go")
    try:
        return GoRecipe(**fields)
    except TypeError as error:
        raise RecipeError(f"{path}: {name}: {error}") from error
