# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's service manager, as far as a component needs it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

_PROPERTIES = ("ActiveState", "SubState", "NRestarts", "MainPID", "Result", "NeedDaemonReload", "LoadState")

# A unit's own TimeoutStopSec and TimeoutStartSec end the wait; this is for a systemd that does not answer.
STOP_SECONDS = 1800


@dataclass(frozen=True)
class UnitState:
    """What systemd says of a unit; ``restarts`` counts its automatic ones since it was started."""

    active: str
    sub: str = ""
    restarts: int = 0
    pid: int = 0
    result: str = ""
    stale: bool = False
    loaded: bool = True

    @property
    def running(self) -> bool:
        """Whether it runs, or is on its way."""
        return self.active in ("active", "activating", "reloading")


class Systemd:
    """systemctl and journalctl."""

    def state(self, unit: str) -> UnitState:
        """Return the state of ``unit``; one that systemd does not know is inactive."""
        output = _run(["systemctl", "show", "--property={}".format(",".join(_PROPERTIES)), unit], 30)
        values = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
        return UnitState(
            values.get("ActiveState", "inactive"),
            values.get("SubState", ""),
            int(values.get("NRestarts") or 0),
            int(values.get("MainPID") or 0),
            values.get("Result", ""),
            values.get("NeedDaemonReload") == "yes",
            values.get("LoadState") == "loaded",
        )

    def reload_manager(self) -> None:
        """Make systemd read its unit files again."""
        _run(["systemctl", "daemon-reload"], 90)

    def restart(self, unit: str) -> None:
        """Start ``unit`` anew and wait until its old process is gone, lest that one answers for the new one."""
        subprocess.run(["systemctl", "reset-failed", unit], capture_output=True, check=False, timeout=30)
        _run(["systemctl", "restart", unit], STOP_SECONDS)

    def reload(self, unit: str) -> None:
        """Let the running ``unit`` read its configuration again."""
        _run(["systemctl", "reload", unit], 90)

    def stop(self, unit: str) -> None:
        """Stop ``unit`` and wait until it is gone."""
        _run(["systemctl", "stop", unit], STOP_SECONDS)
        subprocess.run(["systemctl", "reset-failed", unit], capture_output=True, check=False, timeout=30)

    def last_lines(self, unit: str, since: float, count: int = 20) -> str:
        """Return the unit's last log lines since ``since`` (seconds since the epoch)."""
        command = ["journalctl", "--unit", unit, "--since", f"@{int(since)}", "--lines", str(count)]
        try:
            return _run([*command, "--output=cat", "--no-pager", "--quiet"], 30).strip()
        except Failure as failure:
            return f"(no log: {failure})"


def _run(command: list[str], seconds: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=seconds)
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is not on this host; components run under systemd") from error
    except subprocess.TimeoutExpired as error:
        raise Failure("'{}' did not end within {:.0f} s".format(" ".join(command), seconds)) from error
    if done.returncode:
        raise Failure("'{}' failed: {}".format(" ".join(command), (done.stderr or done.stdout).strip()))
    return done.stdout
