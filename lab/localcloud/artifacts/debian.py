"""Debian packages that a build needs, where this machine may have them installed."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence

from localcloud import engine
from localcloud.artifacts.progress import say
from localcloud.problems import LabError

# apt waits for no other apt while it reads its lists.
_ONE_AT_A_TIME = threading.Lock()


def install(packages: Sequence[str], purpose: str) -> None:
    """Install packages as root of a Debian. Raises LabError that says what to install elsewhere."""
    names = " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise LabError(f"{purpose} is missing. On Debian, as root: apt-get install {names}")
    with _ONE_AT_A_TIME:
        say(f"Installing {names}: {purpose}")
        engine.install_packages(*packages)
