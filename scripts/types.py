"""Type checks, package by package: the collection's code is checked under the name it is imported by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = "ansible_collections.selfhosted.monitoring.plugins"
PACKAGES = (
    "content",
    "localcloud",
    "monitoring_agents",
    "scripts",
    f"{COLLECTION}.module_utils",
    f"{COLLECTION}.plugin_utils",
    f"{COLLECTION}.action",
)


def main() -> int:
    """Run mypy in strict mode over every package; 0 when all are clean."""
    packages = [argument for package in PACKAGES for argument in ("-p", package)]
    env = {**os.environ, "MYPYPATH": f"{ROOT / '.ansible/collections'}:{ROOT / 'lab'}:{ROOT / 'agents'}"}
    return subprocess.run([sys.executable, "-m", "mypy", *packages], cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
