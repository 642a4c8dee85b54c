"""What a stranger finds of role host: names, drop-ins, users."""

from __future__ import annotations

import pytest

from tests.lab.running_lab import Lab, Machine


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Machine:
    return lab.machines[1]


def test_machine_has_its_inventory_name(lab: Lab, every_machine: list[Machine]) -> None:
    for machine in every_machine:
        assert lab.run(machine, "hostname; cat /etc/hostname").split() == [machine.name, machine.name]


def test_every_machine_resolves_every_name_to_its_address(lab: Lab, every_machine: list[Machine]) -> None:
    names = {one.name: one.address for one in every_machine}
    node = every_machine[-1]
    number, rest = node.name.removeprefix("node-").split(".", 1)
    names |= {f"{role.replace('_', '-')}-{number}.{rest}": node.address for role in node.roles}
    for machine in (every_machine[0], every_machine[-1]):
        found = lab.run(machine, f"getent ahostsv4 {' '.join(names)} | awk '/STREAM/ {{print $1}}'").split()
        assert found == list(names.values()), machine.name


def test_journal_is_bounded(lab: Lab, machine: Machine) -> None:
    effective = lab.run(machine, "systemd-analyze cat-config systemd/journald.conf")
    assert "\nSystemMaxUse=1G\n" in effective
    assert lab.connection(machine).service("systemd-journald").is_running


def test_units_are_accounted_for(lab: Lab, machine: Machine) -> None:
    shown = lab.run(machine, "systemctl show -P MemoryCurrent ssh.service")
    assert shown.isdigit(), f"memory of ssh.service is {shown}"


def test_group_of_the_monitoring_is_there(lab: Lab, machine: Machine) -> None:
    group = lab.connection(machine).group("monitoring")
    assert group.exists
    assert group.gid < 1000


def test_every_drop_in_is_a_link_that_can_be_taken_away(lab: Lab, machine: Machine) -> None:
    for place in ("sysctl.d", "security/limits.d", "systemd/system.conf.d", "systemd/journald.conf.d", "sysusers.d"):
        file = lab.connection(machine).file(f"/etc/{place}/60-monitoring.conf")
        assert file.is_symlink, place
        assert file.linked_to.startswith("/opt/monitoring/host/generations/"), place
        assert file.mode == 0o644 or lab.connection(machine).file(file.linked_to).mode == 0o644
