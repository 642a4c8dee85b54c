"""Programs for the contributor's own machine, built like the archives and laid into the cache's bin/."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from localcloud.artifacts.golang import Go, host_architecture
from localcloud.artifacts.recipes import Recipes, Tool
from localcloud.artifacts.store import Store, publish


def install(tools: Sequence[Tool], recipes: Recipes, cache: Path, target: Path) -> list[Path]:
    """Build what is not yet there and return the programs' paths in `target`."""
    store, go = Store(cache), Go(recipes.toolchain, cache)
    installed: list[Path] = []
    for tool in tools:
        for program in tool.recipe.programs:
            key = tool.recipe.key(tool.version, host_architecture())

            def make(work: Path, file: Path, tool: Tool = tool, program: str = program) -> None:
                built = go.build(tool.recipe, tool.version, host_architecture(), work)
                shutil.copyfile(built.programs[program], file)
                file.chmod(0o755)

            entry = store.obtain(f"{key}-{program}", program, make)
            publish(entry.file, target / program)
            installed.append(target / program)
    return installed
