# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of the system that a component stands on: whether they are there, and which module installs them."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Sequence

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

# dpkg-query tells of a package's state after a removal too; rpm lists installed ones only.
_QUERIES = {
    "apt": ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"],
    "dnf": ["rpm", "--query", "--queryformat=%{NAME} installed\n"],
}


def installer() -> str:
    """Return the name of Ansible's module that installs packages on this host."""
    found = next((module for module, query in _QUERIES.items() if shutil.which(query[0])), None)
    if found is None:
        raise Failure("packages are declared, but this host has neither dpkg nor rpm; install them by hand")
    return found


def missing(names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that are not installed."""
    installed = _installed(tuple(names)) if names else frozenset()
    return [name for name in names if name not in installed]


@functools.cache
def _installed(names: tuple[str, ...]) -> frozenset[str]:
    """Return those of ``names`` that are there; asked once a process, for nothing is installed during one."""
    # Ends with an error where one is unknown, and yet lists the others.
    done = subprocess.run(
        [*_QUERIES[installer()], *names], capture_output=True, text=True, check=False, timeout=60, env={"LC_ALL": "C"}
    )
    lines = map(str.split, done.stdout.splitlines())
    return frozenset(words[0] for words in lines if words[1:] == ["installed"])
