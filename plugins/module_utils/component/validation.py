# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a component's own checker about a staged tree before anything of it is live."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

SECONDS = 120


@dataclass(frozen=True)
class Places:
    """What the placeholders ``{tree}``, ``{archive}`` and ``{data}`` stand for (None: not there yet)."""

    tree: Path | None
    archive: Path | None
    data: Path | None = None

    def fill(self, argument: str) -> str:
        """Return ``argument`` with its placeholders replaced."""
        known: Mapping[str, Path | None] = {"{tree}": self.tree, "{archive}": self.archive, "{data}": self.data}
        for placeholder, path in known.items():
            if placeholder in argument:
                if path is None:
                    raise MissingPlaceError(placeholder)
                argument = argument.replace(placeholder, str(path))
        return argument


class MissingPlaceError(Exception):
    """A command speaks of a place that does not exist (in check mode: not yet)."""


def locate(argv: Sequence[str], places: Places) -> list[str]:
    """Return the command with placeholders replaced and its program found: in the archive first, else on PATH."""
    filled = [places.fill(argument) for argument in argv]
    program = filled[0]
    if "/" not in program:
        for directory in (places.archive, places.archive / "bin") if places.archive else ():
            if os.access(directory / program, os.X_OK):
                return [str(directory / program), *filled[1:]]
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
        if found is None:
            raise MissingPlaceError(program)
        return [found, *filled[1:]]
    if not os.access(program, os.X_OK):
        raise MissingPlaceError(program)
    return filled


def validate(commands: Sequence[Sequence[str]], places: Places) -> None:
    """Run every checker; the first that refuses ends it with its own words.

    Raises MissingPlaceError if a checker, or something it is to look at, is not there.
    """
    for argv in commands:
        run(locate(argv, places), "the configuration is refused by its checker")


def run(command: Sequence[str], complaint: str, seconds: float = SECONDS) -> str:
    """Run a command and return its output; a failure is ``complaint`` with the command's own words."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as error:
        raise Failure("{}: '{}' did not end within {:.0f} s".format(complaint, " ".join(command), seconds)) from error
    except OSError as error:
        raise Failure("{}: '{}' cannot be run: {}".format(complaint, " ".join(command), error)) from error
    output = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        raise Failure(
            "{}: '{}' ended with {}:\n{}".format(complaint, " ".join(command), done.returncode, output[-8000:])
        )
    return output
