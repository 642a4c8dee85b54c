"""Run the project's checks: `python -m scripts.checks lint|unit|test`.

Steps are grouped in lanes; lanes run beside each other, since the lab mostly waits while linters
compute. Each step writes its own log; a failed one shows the log's end and does not stop the others
that do not need it. The last line counts what passed and failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "tests" / "output" / "log"
TAIL_LINES = 60
SILENCE_SECONDS = 30  # how long nothing is said of steps that run

# The closing line of pytest, so that a reader sees how many tests a step stands for.
PYTEST_SUMMARY = re.compile(r"^=*\s*(\d+ (?:passed|failed|error).*?)\s*=*$", re.M)


@dataclass(frozen=True)
class Step:
    """One check: a command whose exit code 0 means passed."""

    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of a step; `status` is passed, failed or skipped."""

    step: Step
    status: str
    seconds: float


def python(*arguments: str) -> tuple[str, ...]:
    """An argv that runs a module or script with this interpreter."""
    return (sys.executable, *arguments)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """An argv of a program of the virtual environment."""
    return (str(Path(sys.executable).parent / name), *arguments)


LINT = [
    Step("ruff", tool("ruff", "check", ".")),
    Step("ruff-format", tool("ruff", "format", "--check", ".")),
    Step("mypy", python("-m", "scripts.types")),
    Step("yamllint", tool("yamllint", "--strict", ".")),
    Step("changelog", tool("antsibull-changelog", "lint")),
    Step("collection-docs", tool("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".")),
    Step("terraform", python("-m", "scripts.terraform", "static")),
    Step("rules", python("-m", "scripts.rules")),
    Step("ansible-lint", tool("ansible-lint")),
]
UNIT = [Step("unit", python("-m", "pytest", "tests/unit", "-n", "2"))]
SLOWER = [
    Step("terraform-tests", python("-m", "scripts.terraform", "tests")),
    Step("sanity", python("-m", "scripts.collection", "sanity")),
    Step("galaxy-importer", python("-m", "scripts.collection", "importer")),
]
LAB = [
    Step("lab-up", ("lab/lab", "up")),
    Step("lab-tests", python("-m", "pytest", "tests/lab", "--ignore=tests/lab/kafka"), needs=("lab-up",)),
    Step("molecule", tool("molecule", "test", "--all"), needs=("lab-up",)),
]
# A cluster in a region that molecule leaves alone, once no other test has a fault there.
BESIDE = [
    Step("kafka-tests", python("-m", "pytest", "tests/lab/kafka"), needs=("lab-tests",)),
]
# Neither touches the lab's hosts: the first has an API of its own and mostly waits for the provider, the second
# has machines of its own and needs no more than the lab's base image and mirror.
APART = [
    Step("terraform-life", python("-m", "pytest", "tests/terraform")),
    Step("release", python("-m", "pytest", "tests/release"), needs=("lab-up",)),
]
SETS: dict[str, list[list[Step]]] = {
    "lint": [LINT[:-1], LINT[-1:]],
    "unit": [UNIT],
    "test": [LAB, BESIDE, APART, [*UNIT, *LINT, *SLOWER]],
}


class Board:
    """Collects outcomes from all lanes and prints a line for each as it ends; lanes wait here for one another."""

    def __init__(self, planned: Iterable[Step]) -> None:
        self.began = time.monotonic()
        self.planned = {step.name for step in planned}
        self.outcomes: dict[str, Outcome] = {}
        self.running: set[str] = set()
        self._lock = threading.Condition()

    def unmet(self, step: Step) -> list[str]:
        """Wait for the steps that this one needs; return those that did not pass. One left out of the run is met."""
        needs = [need for need in step.needs if need in self.planned]
        with self._lock:
            self._lock.wait_for(lambda: all(need in self.outcomes for need in needs))
            return [need for need in needs if self.outcomes[need].status != "passed"]

    def start(self, step: Step) -> None:
        """Record that a step runs."""
        with self._lock:
            self.running.add(step.name)

    def say_what_runs(self) -> None:
        """Print the elapsed time and the running steps."""
        with self._lock:
            print(f"{time.monotonic() - self.began:6.0f} s  running {', '.join(sorted(self.running))}")

    def note(self, outcome: Outcome, detail: str = "") -> None:
        """Record an outcome and print its line."""
        with self._lock:
            self.outcomes[outcome.step.name] = outcome
            self.running.discard(outcome.step.name)
            self._lock.notify_all()
            elapsed = time.monotonic() - self.began
            print(f"{elapsed:6.0f} s  {outcome.status:7} {outcome.step.name:16} {outcome.seconds:5.0f} s  {detail}")

    def show_log(self, step: Step) -> None:
        """Print the end of a step's log."""
        text = log_of(step).read_text(encoding="utf-8", errors="replace")
        with self._lock:
            print(f"----- the end of {log_of(step).relative_to(ROOT)}")
            print("\n".join(text.splitlines()[-TAIL_LINES:]))
            print("-----")


def log_of(step: Step) -> Path:
    """Where a step's output goes."""
    return LOGS / f"{step.name}.log"


def run_step(step: Step, board: Board) -> None:
    """Run one step to its end, or skip it when what it needs did not pass."""
    if missing := board.unmet(step):
        board.note(Outcome(step, "skipped", 0), f"needs {', '.join(missing)}")
        return
    board.start(step)
    start = time.monotonic()
    # The environment's own programs come first, so that ansible-test and the rest find one another.
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with log_of(step).open("w", encoding="utf-8") as log:
        code = subprocess.run(
            step.argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    summary = PYTEST_SUMMARY.findall(log_of(step).read_text(encoding="utf-8", errors="replace"))
    passed = code == 0
    board.note(
        Outcome(step, "passed" if passed else "failed", time.monotonic() - start),
        summary[-1] if summary else "",
    )
    if not passed:
        board.show_log(step)


def run_lane(steps: list[Step], board: Board) -> None:
    """Run a lane's steps in order."""
    for step in steps:
        run_step(step, board)


def main() -> int:
    """Run a set of checks; exit code 1 when any failed or could not run."""
    parser = argparse.ArgumentParser(prog="checks", description=__doc__)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("--only", action="append", metavar="STEP", help="run only these steps of the set")
    arguments = parser.parse_args()
    lanes = SETS[arguments.set]
    if arguments.only:
        lanes = [[step for step in lane if step.name in arguments.only] for lane in lanes]
    LOGS.mkdir(parents=True, exist_ok=True)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    board = Board(step for lane in lanes for step in lane)
    threads = [threading.Thread(target=run_lane, args=(lane, board)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(SILENCE_SECONDS)
            if thread.is_alive():
                board.say_what_runs()
    passed = sum(outcome.status == "passed" for outcome in board.outcomes.values())
    failed = len(board.outcomes) - passed
    print(f"\n{arguments.set} took {time.monotonic() - board.began:.0f} s; logs are in {LOGS.relative_to(ROOT)}/")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
