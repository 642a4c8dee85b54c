"""The checks of Ansible's own tools on the collection as a whole: `sanity` and `importer`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from localcloud import paths

ROOT = Path(__file__).resolve().parent.parent

# ansible-test bootstraps pip by a download; where that host is not reachable, Python's own copy serves.
PIP_BOOTSTRAP = """\
import runpy, sys
sys.argv = ["ensurepip", "--upgrade"]
runpy.run_module("ensurepip", run_name="__main__")
"""


def collection_files() -> list[str]:
    """Paths of the files that are or will be in git, relative to the checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for path in listing.stdout.splitlines() if (ROOT / path).is_file()]


def sanity() -> int:
    """Run `ansible-test sanity` on a copy, for it insists on the path ansible_collections/NAMESPACE/NAME.

    The copy stays in the cache: beside it ansible-test keeps the environments of its own tests.
    """
    copy = paths.cache() / "sanity" / "ansible_collections" / "selfhosted" / "monitoring"
    if copy.exists():
        shutil.rmtree(copy)
    for path in collection_files():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target, follow_symlinks=False)
    bootstrap = Path.home() / ".ansible/test/cache/get_pip_24_2.py"
    if not bootstrap.exists():
        bootstrap.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.write_text(PIP_BOOTSTRAP, encoding="utf-8")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return subprocess.run(
        ["ansible-test", "sanity", "--venv", "--python", version, "--color", "no"], cwd=copy, check=False
    ).returncode


def importer() -> int:
    """Build the tarball and read it as Galaxy would."""
    with tempfile.TemporaryDirectory() as directory:
        build = ["ansible-galaxy", "collection", "build", "--output-path", directory, str(ROOT)]
        subprocess.run(build, check=True)
        (archive,) = Path(directory).glob("*.tar.gz")
        config = Path(directory) / "galaxy-importer.cfg"
        # ansible-lint and ansible-test are steps of their own; the changelog is made at a release.
        config.write_text(
            "[galaxy-importer]\nCHECK_REQUIRED_TAGS=True\nRUN_ANSIBLE_DOC=True\nRUN_ANSIBLE_LINT=False\n"
            "RUN_ANSIBLE_TEST=False\nCHECK_CHANGELOG=False\n",
            encoding="utf-8",
        )
        env = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(config)}
        command = [sys.executable, "-m", "galaxy_importer.main", str(archive)]
        result = subprocess.run(command, cwd=directory, env=env, check=False, capture_output=True, text=True)
        output = result.stdout + result.stderr
        print(output)
        return result.returncode or int("ERROR" in output)


def main() -> int:
    """Run one of the checks."""
    checks = {"sanity": sanity, "importer": importer}
    parser = argparse.ArgumentParser(prog="collection", description=__doc__)
    parser.add_argument("check", choices=sorted(checks))
    return checks[parser.parse_args().check]()


if __name__ == "__main__":
    sys.exit(main())
