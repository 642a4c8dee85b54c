"""Our Python programs for hosts with the libraries they need, as one archive beside the hosts' own Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from localcloud import paths
from localcloud.artifacts.archive import UNDATED, Built
from localcloud.artifacts.progress import run_step
from localcloud.artifacts.recipes import PythonRecipe, RecipeError

# A real path, since Ansible may start it through `current` or a link in /usr/local/bin.
WRAPPER = """\
#!/bin/sh
# The host's Python with this archive's libraries; also an ansible_python_interpreter.
archive=$(dirname "$(dirname "$(readlink -f "$0")")")
PYTHONPATH="$archive/lib${PYTHONPATH:+:$PYTHONPATH}" exec /usr/bin/python3 "$@"
"""


class Python:
    """The uv of this environment: it takes wheels of any platform, and each only with its locked hash."""

    def __init__(self, directory: Path) -> None:
        self._logs = directory / "log"

    def build(self, recipe: PythonRecipe, version: str, architecture: str, work: Path) -> Built:
        """Install the locked wheels and the package below `work`.

        Raises RecipeError for an architecture without a platform, StepError when uv fails.
        """
        if architecture not in recipe.platforms:
            raise RecipeError(f"{recipe.package}: no platform is given for {architecture}; add it to recipes.yml")
        label = f"{Path(recipe.package).name} {version} {architecture}"
        lib = work / "lib"
        command = [str(paths.VENV_BIN / "uv"), "pip", "install", "--quiet", "--no-config"]
        command += ["--target", str(lib), "--python", sys.executable, "--python-version", recipe.python]
        command += ["--python-platform", recipe.platforms[architecture], "--only-binary", ":all:"]
        command += ["--require-hashes", "--no-deps", "--link-mode", "copy", "--no-compile-bytecode"]
        command += ["--requirements", str(paths.CHECKOUT / recipe.requirements)]
        run_step(
            f"{label}: installing wheels", command,
            directory=work, environment=os.environ, log=self._logs / f"{label.replace(' ', '-')}.log",
        )  # fmt: skip
        # Console scripts name this machine's Python; hidden files are uv's own.
        files = {
            str(file.relative_to(work)): file
            for file in lib.rglob("*")
            if file.is_file() and not _unwanted(file.relative_to(lib))
        }
        files |= {f"lib/{name}": file for name, file in recipe.sources().items()}
        wrapper = work / "python"
        wrapper.write_text(WRAPPER, encoding="utf-8")
        return Built({"bin/python": wrapper}, files, UNDATED)


def _unwanted(name: Path) -> bool:
    return name.parts[0] == "bin" or name.parts[0].startswith(".") or "__pycache__" in name.parts
