"""One lab a machine: who has it, and taking it over from the dead."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localcloud import paths
from localcloud.problems import LabError
from localcloud.processes import Process

SERVICES = ("api", "gateway", "dns", "mirror", "reconciler", "delay")
TASKS = ("terraform", "artifacts", "site")
"""Processes that a command starts and waits for; one that is found later was left behind by a killed command."""

RECORD = paths.RUN / "owner.json"
LOCK = paths.RUN / "lock"


@dataclass(frozen=True)
class Owner:
    """The lab that this machine's bridges and containers belong to."""

    state: Path

    @property
    def checkout(self) -> Path:
        """Its checkout."""
        return self.state.parent.parent

    def alive(self) -> list[str]:
        """Return the names of its services that run."""
        return [name for name in SERVICES if Process(name, self.state).pid is not None]


def read(record: Path = RECORD) -> Owner | None:
    """Return who had the lab last, None if nobody had."""
    try:
        return Owner(Path(json.loads(record.read_text(encoding="utf-8"))["state"]))
    except (OSError, ValueError, KeyError):
        return None


def take(state: Path = paths.STATE, record: Path = RECORD) -> None:
    """Note that the lab of `state` has this machine."""
    paths.write_private(record, json.dumps({"state": str(state)}))


def refuse_another_live_lab(state: Path = paths.STATE, record: Path = RECORD) -> None:
    """Raise LabError if another checkout's lab is alive on this machine."""
    owner = read(record)
    if owner and owner.state != state and (alive := owner.alive()):
        raise LabError(
            f"The lab of {owner.checkout} runs on this machine ({', '.join(alive)}), and a machine holds one lab. "
            f"To stop it: {owner.checkout}/lab/lab down"
        )


@contextmanager
def exclusive(command: str, lock: Path = LOCK) -> Iterator[None]:
    """Hold the machine's lab lock; raises LabError naming the command that has it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            other = handle.read().strip() or "another lab/lab command"
            raise LabError(f"{other} is at work; wait for its end, or stop it") from None
        handle.truncate(0)
        handle.write(f"`lab/lab {command}` of {paths.CHECKOUT} (pid {os.getpid()})")
        handle.flush()
        yield
        handle.truncate(0)
