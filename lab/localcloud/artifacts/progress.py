"""Long steps that say what they do, and for how long."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud.problems import LabError

REPORT_EVERY = 10.0
TAIL = 20
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class StepError(LabError):
    """A program failed; the message has its last lines and the place of its whole output."""


def say(text: str) -> None:
    """Write one line of progress to standard error."""
    sys.stderr.write(f"==> {text}\n")
    sys.stderr.flush()


def run_step(label: str, command: Sequence[str], *, directory: Path, environment: Mapping[str, str], log: Path) -> str:
    """Run a program beside other work (niced), its errors into `log`, and return what it printed.

    Every ten seconds a line says that it still runs. Raises StepError when it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    reported = start
    with log.open("w+", encoding="utf-8") as errors, log.with_suffix(".out").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            ["nice", "-n", "15", *command], cwd=directory, env=dict(environment), stdout=out, stderr=errors
        )
        try:
            while True:
                try:
                    process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    now = time.monotonic()
                    if now - reported >= REPORT_EVERY:
                        reported = now
                        say(f"{label}: {now - start:.0f} s")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        out.seek(0)
        printed = out.read()
        if process.returncode != 0:
            errors.seek(0)
            tail = "".join(errors.readlines()[-TAIL:])
            if not _COLOURS.sub("", tail).strip():  # Maven's errors go to where its output goes
                tail = printed[-2000:]
            raise StepError(f"{label}: {command[0]} ended with {process.returncode}:\n{tail}(all of it: {log})")
        return printed
