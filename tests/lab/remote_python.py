"""Our own small Python programs, run on a machine of the lab; questions go by standard input, for they hold secrets."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

from tests.lab.running_lab import Machine, ssh_options

AGENTS = "/opt/monitoring/agents/current/archive/bin/python"
"""Python with the libraries of the agents, confluent_kafka among them."""


def ask(machine: Machine, program: Path, question: Any, interpreter: str = "python3") -> Any:
    """Run a program of this folder as root on a machine; it reads one JSON value and prints another one."""
    __tracebackhide__ = True  # a failed test shows arguments, and these hold passwords
    source = program.read_text(encoding="utf-8")
    flags = [part for name, value in ssh_options().items() for part in ("-o", f"{name}={value}")]
    command = shlex.join(["sudo", interpreter, "-c", source])
    done = subprocess.run(
        ["ssh", "-F", "none", *flags, machine.address, command],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{machine.name}: {program.name}: {done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)
