"""The built collection in an environment that has nothing else of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the controller's locked requirements, and the installed collection."""

    home: Path

    def run(self, *command: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, from its own directory, with none of the caller's variables."""
        path = f"{self.home / 'venv' / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        clean = {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", **env}
        done = subprocess.run(command, cwd=self.home, env=clean, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-5000:]}{done.stderr[-3000:]}"
        return done


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What would be published."""
    out = tmp_path_factory.mktemp("tarball")
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", "--output-path", out, ROOT], check=True, capture_output=True)
    (found,) = out.glob("selfhosted-monitoring-*.tar.gz")
    return found


# README's table of supported versions is this list, and the locked one.
OLDER_CORES = ("2.17.14", "2.18.19")


@pytest.fixture(scope="session", params=["locked", *OLDER_CORES])
def environment(request: pytest.FixtureRequest, tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An empty home, with what requirements.txt locks (or an older ansible-core), the tarball and nothing else."""
    home = tmp_path_factory.mktemp("team")
    uv = str(Path(sys.executable).parent / "uv")
    cache = {**os.environ, "VIRTUAL_ENV": str(home / "venv")}
    subprocess.run([uv, "venv", "-q", "--seed", "--python", "/usr/bin/python3", home / "venv"], check=True)
    command = [uv, "pip", "sync", "-q", "--require-hashes", ROOT / "requirements.txt"]
    subprocess.run(command, env=cache, check=True)
    if request.param != "locked":
        subprocess.run([uv, "pip", "install", "-q", f"ansible-core=={request.param}"], env=cache, check=True)
    made = Environment(home)
    shutil.copy(tarball, home)
    made.run("ansible-galaxy", "collection", "install", "--offline", "--no-deps", tarball.name)
    return made
