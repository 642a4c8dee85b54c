"""The module is killed between promotion and restart: the old process runs on, and a second run resumes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lab.running_lab import PLAYS, Lab, Machine

pytestmark = pytest.mark.fault
SLEEPS = "'sleep [3]1.7'"


@pytest.fixture
def machine(ready: Lab) -> Iterator[Machine]:
    machine = ready.machines[1]
    try:
        yield machine
    finally:
        ready.playbook(PLAYS / "gone.yml", "-l", machine.name, "-e", "gone=victim")
        ready.run(machine, "rm -f /run/victim-may-pass; userdel victim 2>/dev/null; true")


def test_killed_promotion_leaves_the_old_running_and_is_resumed(ready: Lab, machine: Machine) -> None:
    process = ready.start(PLAYS / "killed.yml", "-l", machine.name)
    connection = ready.connection(machine)
    try:
        deadline = time.monotonic() + 60
        while connection.run(f"pgrep -f {SLEEPS}").rc != 0:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the change did not begin"
            time.sleep(0.2)
        before = ready.run(machine, "systemctl show -P InvocationID victim")
        ready.run(machine, f"child=$(pgrep -of {SLEEPS}); kill -9 $(ps -o ppid= -p $child) $child")
        output, _errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0, output
    assert ready.run(machine, "systemctl show -P InvocationID victim") == before
    assert "node_uname_info" in ready.run(machine, "curl -sf 127.0.0.1:19200/metrics")

    ready.run(machine, "touch /run/victim-may-pass")
    resumed = ready.playbook(PLAYS / "killed.yml", "-l", machine.name, "-e", "resumes=true").succeeded()
    assert resumed.recap()[machine.name]["changed"] == 1
    assert ready.run(machine, "systemctl show -P InvocationID victim") != before
    assert ready.run(machine, "head -1 /etc/monitoring/victim/web.yml") == "# changed"
