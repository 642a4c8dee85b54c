"""Who reaches whom in the lab, as seen from the machines themselves."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

from tests.lab import probe
from tests.lab.running_lab import Lab, Machine

PORT = 9093
"""Kafka's: Terraform opens it between all hosts of all regions. Nothing need listen there: a refusal has arrived."""

SILENCE = 2.0
"""Seconds after which a packet counts as lost."""

CONTROLLER = "10.213.255.1"
SOURCE = Path(probe.__file__).read_text(encoding="utf-8")

Answers = dict[str, tuple[str, float]]
Shell = Callable[[Machine, str], str]


def console(machine: Machine, command: str) -> str:
    """Run a command on a machine that no packet reaches."""
    argv = ["docker", "exec", f"lab-{machine.instance_id}", "sh", "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def ask(shell: Shell, source: Machine, targets: Sequence[str]) -> Answers:
    """Connect from a machine to targets (ADDRESS:PORT); `shell` runs a command there."""
    script = shlex.join(["python3", "-c", SOURCE, str(SILENCE), *targets])
    answers: Answers = json.loads(shell(source, script))
    return answers


def mesh(lab: Lab, machines: Sequence[Machine], islanders: Sequence[Machine] = ()) -> dict[tuple[str, str], float]:
    """Connect from each machine to each other one; islanders are asked on their consoles.

    Returns the seconds of the round trip by (source's name, target's name); those that stayed silent are infinite.
    """
    targets = {source: [f"{other.address}:{PORT}" for other in machines if other != source] for source in machines}
    with ThreadPoolExecutor(len(machines)) as pool:
        asked = {
            source: pool.submit(ask, console if source in islanders else lab.run, source, targets[source])
            for source in machines
        }
    found = {}
    for source, target in permutations(machines, 2):
        answer, seconds = asked[source].result()[f"{target.address}:{PORT}"]
        found[source.name, target.name] = float("inf") if answer == "silent" else seconds
    return found


def silent(ways: dict[tuple[str, str], float]) -> set[tuple[str, str]]:
    """The ways on which nothing came back."""
    return {way for way, seconds in ways.items() if seconds == float("inf")}


def between(ones: Sequence[Machine], others: Sequence[Machine]) -> set[tuple[str, str]]:
    """All ways from one side to the other, and back."""
    return {way for a in ones for b in others for way in ((a.name, b.name), (b.name, a.name))}
