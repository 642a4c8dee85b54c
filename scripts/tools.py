"""Programs that the checks run and no Python package brings: on PATH, else in the cache, else built for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from localcloud import paths
from localcloud.problems import LabError

ROOT = Path(__file__).resolve().parent.parent


def tool(name: str) -> str:
    """Return the path of a tool of the lab's recipes; raises LabError saying how to get it."""
    own = paths.cache() / "bin" / name
    found = shutil.which(name) or (str(own) if own.exists() else None)
    if found is None:
        command = [sys.executable, "-m", "localcloud.artifacts", "tools", "--only", name]
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "lab"}, check=False).returncode:
            raise LabError(f"{name} is missing and could not be built; see above, or put one on PATH")
        found = str(own)
    return found
