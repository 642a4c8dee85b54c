"""site.yml on a running system: nothing to do is nothing done, and a change goes zone by zone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.lab.running_lab import SITE, Lab, Machine

BREAKS = "/run/systemd/system/node_exporter.service.d/breaks.conf"


def memory(size: str) -> list[str]:
    """Arguments of a change that needs a restart of node_exporter."""
    return ["-e", json.dumps({"exporters_extra": {"node": {"unit": {"limits": {"memory": size}}}}})]


def unit(lab: Lab, machine: Machine, name: str) -> str:
    return lab.run(machine, f"systemctl show -P {name} node_exporter")


def invocations(lab: Lab, machines: list[Machine]) -> dict[str, str]:
    return {machine.name: unit(lab, machine, "InvocationID") for machine in machines}


def test_second_run_changes_nothing_and_restarts_nothing(lab: Lab, every_machine: list[Machine]) -> None:
    before = invocations(lab, every_machine)
    run = lab.site().succeeded()
    assert {host: row["changed"] for host, row in run.recap().items()} == dict.fromkeys(before, 0)
    assert invocations(lab, every_machine) == before
    roles = ("host", "agents", "exporters", "zookeeper", "kafka")
    for role in roles:
        # The tasks of an application: its arguments are checked, its component is compared. One host also does names,
        # and one broker a region its cluster's users, topics and rights: five tasks, which the others pass over.
        assert run.summary["roles"][f"selfhosted.monitoring.{role}"]["tasks_a_host"] <= (7 if role == "kafka" else 3)
    assert sorted(run.summary["tasks_a_host"].values())[:-1] == [2 * len(roles) + 5] * (len(before) - 1)


def test_check_of_a_live_system_reports_no_difference(lab: Lab) -> None:
    run = lab.site("--check", "--diff", "-l", lab.machines[0].name).succeeded()
    assert {row["changed"] for row in run.recap().values()} == {0}


@pytest.fixture
def region(ready: Lab) -> Iterator[list[Machine]]:
    """The machines of one region, zone a first; its exporters are as declared again afterwards."""
    name = list(ready.status["regions"])[-1 if len(ready.status["regions"]) == 1 else 1]
    machines = sorted((one for one in ready.machines if one.region == name), key=lambda one: one.zone)
    try:
        yield machines
    finally:
        ready.run(machines[0], f"rm -f {BREAKS}; systemctl daemon-reload")


def of(machines: list[Machine]) -> list[str]:
    return ["-l", ",".join(machine.name for machine in machines)]


@pytest.mark.fault
def test_zone_that_does_not_come_back_stops_the_change(ready: Lab, region: list[Machine]) -> None:
    first, *others = region
    breaks = "ExecStartPre=/bin/sh -c '! grep -q MemoryMax=250M /etc/systemd/system/node_exporter.service'"
    place = BREAKS.rsplit("/", 1)[0]
    ready.run(first, f"mkdir -p {place}; printf '[Service]\\n%s\\n' \"{breaks}\" > {BREAKS}; systemctl daemon-reload")
    before = invocations(ready, others)
    run = ready.site(*of(region), *memory("250M"))
    assert run.code != 0
    assert "Last log lines of node_exporter.service" in run.output
    assert re.search(r"previous generation .* is live again, and ready", run.output), run.output[-3000:]
    assert invocations(ready, others) == before
    assert "nodename" in ready.run(first, "curl -sf 127.0.0.1:9100/metrics")
    assert unit(ready, first, "MemoryMax") == str(256 * 1024 * 1024)


@pytest.mark.fault
def test_change_goes_zone_by_zone_and_a_lost_host_holds_it(ready: Lab, region: list[Machine]) -> None:
    before = invocations(ready, region)
    ready.site(*of(region), *memory("250M")).succeeded()
    assert not set(invocations(ready, region).items()) & set(before.items())
    started = [int(unit(ready, machine, "ActiveEnterTimestampMonotonic")) for machine in region]
    assert started == sorted(started), "zones were not restarted in order"
    ready_again = [int(unit(ready, machine, "ExecMainStartTimestampMonotonic")) for machine in region]
    assert all(earlier < later for earlier, later in zip(started, ready_again[1:], strict=False))

    # On the way back to what is declared, the second zone's machine loses its power in the middle of the run.
    first, lost, third = region
    process = ready.start(SITE, *of(region))
    with ready.fault_after(process, "Host is as declared", "stop", lost.name) as lines:
        output = lines + process.communicate()[0]
        assert process.returncode in {2, 4}, output
        assert re.search(rf"{lost.name} did not finish, and no second zone", output), output[-3000:]
        assert unit(ready, first, "MemoryMax") == str(250 * 1024 * 1024)
        assert unit(ready, third, "MemoryMax") == str(250 * 1024 * 1024)
    resumed = ready.site(*of(region)).succeeded()
    assert {host: row["changed"] > 0 for host, row in resumed.recap().items()} == dict.fromkeys(before, True)
    assert [unit(ready, machine, "MemoryMax") for machine in region] == [str(256 * 1024 * 1024)] * 3
