"""Times site.yml on the running lab's hosts, beside the same exporter installed by plain modules in the same run.

    python tests/bench/site.py [--up]

Prints one Markdown table for docs/benchmarks.md. `--up` also takes the lab down and times `lab/lab up` with warm
caches; without it the lab that runs is measured as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCH = Path(__file__).parent
REPEATS = 3


@dataclass(frozen=True)
class Measured:
    """A run of a playbook: wall time, run_summary's figures, and how many tasks changed something."""

    seconds: float
    summary: dict[str, Any]
    changed: int

    @property
    def tasks(self) -> str:
        """The fewest and the most tasks that a host took."""
        counts = sorted(self.summary["tasks_a_host"].values())
        return f"{counts[0]} to {counts[-1]}" if counts[0] != counts[-1] else str(counts[0])


def lab(*arguments: str) -> str:
    """Run the lab's program and return what it printed."""
    return subprocess.run([ROOT / "lab" / "lab", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def environment(scratch: Path) -> dict[str, str]:
    """What Ansible needs on the lab, and where run_summary writes."""
    lines = (ROOT / "lab" / ".state" / "environment").read_text().splitlines()
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    values = {name: value.strip("'\"") for name, value in exported.items()}
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    own = {"PATH": path, "BENCH_CACHE": str(scratch), "MONITORING_RUN_SUMMARY_JSON": str(scratch / "summary.json")}
    return {**os.environ, **values, **own}


def play(playbook: Path, inventory: str, scratch: Path, *arguments: str) -> Measured:
    """Run a playbook; it must succeed."""
    start = time.monotonic()
    done = subprocess.run(
        ["ansible-playbook", "-i", inventory, str(playbook), *arguments],
        cwd=ROOT, env=environment(scratch), capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(f"{playbook.name} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-1000:]}")
    recap = done.stdout.rpartition("PLAY RECAP")[2].split("RUN SUMMARY")[0]
    changed = sum(int(part.split("=")[1]) for part in recap.split() if part.startswith("changed="))
    return Measured(seconds, json.loads((scratch / "summary.json").read_text()), changed)


def row(what: str, runs: list[Measured]) -> str:
    """One line of the table, of the fastest run: on a shared machine the others were disturbed."""
    best = min(runs, key=lambda run: run.seconds)
    spread = f"{best.seconds:.1f}" + (f" ({max(run.seconds for run in runs):.1f})" if len(runs) > 1 else "")
    return f"| {what} | {spread} | {best.tasks} | {best.changed} |"


def measure(scratch: Path) -> list[str]:
    """All runs in turn, ours and the plain one under the same conditions."""
    inventory = json.loads(lab("status", "--json"))["inventory"]
    site, ours = ROOT / "playbooks" / "site.yml", BENCH / "exporters.yml"
    plain, gone = BENCH / "plain_node_exporter.yml", BENCH / "plain_absent.yml"
    play(gone, inventory, scratch)
    play(BENCH / "exporters_absent.yml", inventory, scratch)
    try:
        cold_plain = play(plain, inventory, scratch)
        cold_ours = play(ours, inventory, scratch)
        warm_plain = [play(plain, inventory, scratch) for _round in range(REPEATS)]
        warm_ours = [play(ours, inventory, scratch) for _round in range(REPEATS)]
        play(site, inventory, scratch)
        warm_site = [play(site, inventory, scratch) for _round in range(REPEATS)]
    finally:
        play(gone, inventory, scratch)
    roles = warm_site[-1].summary["roles"]
    return [
        "| run on all hosts | seconds, best (worst) | tasks a host | changed |",
        "|---|---|---|---|",
        row("node_exporter in plain modules, nothing there", [cold_plain]),
        row("role exporters, nothing there", [cold_ours]),
        row("node_exporter in plain modules, unchanged", warm_plain),
        row("role exporters, unchanged", warm_ours),
        row("site.yml, unchanged", warm_site),
        "",
        "Seconds a role in the last unchanged site.yml: "
        + ", ".join(f"{role} {figures['seconds']:.1f}" for role, figures in roles.items()),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--up", action="store_true", help="also time lab/lab down and up")
    lines = []
    if parser.parse_args().up:
        lab("down")
        start = time.monotonic()
        lab("up")
        lines.append(
            f"`lab/lab up` with warm caches, to nine machines with node_exporter: {time.monotonic() - start:.0f} s"
        )
    with tempfile.TemporaryDirectory() as scratch:
        lines += measure(Path(scratch))
    sys.stdout.write("\n".join([f"{os.cpu_count()} cores, {platform.platform()}", "", *lines]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
