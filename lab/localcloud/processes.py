"""The lab's background processes: started detached, and signalled only while they are still ours."""

import hashlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from localcloud import paths
from localcloud.problems import LabError


def start_time(pid: int) -> str | None:
    """Return field 22 of /proc/PID/stat (start time in ticks since boot), None where no such process runs.

    Pid and start time together name one process for good: a pid alone is given away again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Process:
    """A named process of one lab, found again through its pid file."""

    name: str
    state: Path = paths.STATE

    @property
    def pidfile(self) -> Path:
        """Where its pid, start time and version are kept."""
        return self.state / "run" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.state / "log" / f"{self.name}.log"

    def _record(self) -> dict[str, str | int]:
        try:
            record: dict[str, str | int] = json.loads(self.pidfile.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record

    @property
    def pid(self) -> int | None:
        """The pid of the process if it is alive and the one that was started."""
        record = self._record()
        pid = record.get("pid")
        if not isinstance(pid, int) or record.get("boot") != boot_id():
            return None
        # No start time was recorded of a process that ended at once.
        return pid if record.get("start") and start_time(pid) == record["start"] else None

    @property
    def version(self) -> str:
        """The version that was given to `start`."""
        return str(self._record().get("version", ""))

    def start(self, argv: list[str], env: dict[str, str] | None = None, version: str = "") -> int:
        """Start `argv` in a session of its own and return its pid; output goes to the log file."""
        return self._launch(argv, env, version).pid

    def _launch(self, argv: list[str], env: dict[str, str] | None, version: str) -> "subprocess.Popen[bytes]":
        for folder in (self.pidfile.parent, self.log.parent):
            paths.private_directory(folder)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                argv, cwd=paths.CHECKOUT, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        record = {"pid": child.pid, "start": start_time(child.pid), "boot": boot_id(), "version": version}
        paths.write_private(self.pidfile, json.dumps(record))
        return child

    def run(self, argv: list[str], env: dict[str, str] | None = None) -> int:
        """Run `argv` to its end as a process that a later command finds and stops if this one is killed."""
        self.stop()
        child = self._launch(argv, env, "")
        try:
            return child.wait()
        finally:
            self.stop()

    def stop(self, within: float = 8.0) -> bool:
        """Ask the process to end, insist after `within` seconds; return whether one was running."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + within
            while self.pid is not None and time.monotonic() < deadline:
                _reap(pid)
                time.sleep(0.05)
            if self.pid is not None:
                os.kill(pid, signal.SIGKILL)
                time.sleep(0.1)
                _reap(pid)
        self.pidfile.unlink(missing_ok=True)
        return pid is not None

    def last_lines(self, count: int = 8) -> str:
        """Return the end of its log, for an error message."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join(f"  {line}" for line in lines[-count:]) or "(empty log)"

    def expect_alive(self) -> None:
        """Raise LabError with the end of the log if the process has died."""
        if self.pid is None:
            raise LabError(f"The lab's {self.name} process died; the end of {self.log}:\n{self.last_lines()}")


def _reap(pid: int) -> None:
    """Collect a child that ended, so that it does not look alive as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def source_version(*folders: Path) -> str:
    """Return a short hash of the Python files under `folders`: a process whose code changed is restarted."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()[:16]
