"""What a stranger finds on every machine after site.yml: an exporter, on loopback, confined."""

from __future__ import annotations

import re
import socket

import pytest

from tests.lab.running_lab import Lab, Machine


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Machine:
    return lab.machines[0]


def metrics(lab: Lab, machine: Machine) -> str:
    return lab.run(machine, "curl -sf http://127.0.0.1:9100/metrics")


def test_every_machine_answers_with_its_own_name(lab: Lab, every_machine: list[Machine]) -> None:
    for machine in every_machine:
        assert f'nodename="{machine.name}"' in metrics(lab, machine)


def test_exporter_does_not_listen_on_the_address(lab: Lab, every_machine: list[Machine]) -> None:
    for machine in every_machine:
        listening = lab.run(machine, "ss -Htln 'sport = :9100' | awk '{print $4}'").split()
        assert listening == ["127.0.0.1:9100"], machine.name
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((machine.address, 9100), timeout=1).close()


def test_exporter_runs_as_its_own_user_without_privileges(lab: Lab, machine: Machine) -> None:
    (process,) = lab.connection(machine).process.filter(comm="node_exporter")
    assert process.user == "node_exporter"
    status = lab.run(machine, f"cat /proc/{process.pid}/status")
    assert re.search(r"^CapEff:\s+0+$", status, re.M)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    shell = lab.connection(machine).user("node_exporter").shell
    assert shell in ("/usr/sbin/nologin", "/sbin/nologin")


def test_limits_hold_in_the_kernel(lab: Lab, machine: Machine) -> None:
    """The spec's 0.2 CPU and 256 MB, read from the unit's control group rather than from its file."""
    paths = lab.run(machine, "cat /proc/$(systemctl show -P MainPID node_exporter)/cgroup").splitlines()
    groups = {
        controller: path
        for line in paths
        for _n, names, path in [line.split(":", 2)]
        for controller in names.split(",")
    }
    if "memory" in groups:  # cgroup v1
        memory = f"/sys/fs/cgroup/memory{groups['memory']}/memory.limit_in_bytes"
        quota = f"/sys/fs/cgroup/cpu{groups['cpu']}/cpu.cfs_quota_us"
    else:
        memory, quota = f"/sys/fs/cgroup{groups['']}/memory.max", f"/sys/fs/cgroup{groups['']}/cpu.max"
    assert int(lab.run(machine, f"cat {memory}")) == 256 * 1024 * 1024
    assert int(lab.run(machine, f"cat {quota}").split()[0]) == 20_000


def test_exporter_reports_the_machine_and_not_its_sandbox(lab: Lab, machine: Machine) -> None:
    """A unit's private mounts must not be taken for the machine's file systems, nor its network for none."""
    text = metrics(lab, machine)
    reported = dict(re.findall(r'^node_filesystem_readonly\{.*mountpoint="([^"]+)"\} ([01])$', text, re.M))
    mounts = lab.run(machine, "cut -d' ' -f2,4 /proc/1/mounts").splitlines()
    options = dict(line.split(" ", 1) for line in mounts)
    assert reported
    for place, readonly in reported.items():
        assert place in options, f"{place} is no mount of the machine"
        assert readonly == str(int("ro" in options[place].split(","))), place
    for collector in ("netdev", "timex", "textfile", "filesystem"):
        assert f'node_scrape_collector_success{{collector="{collector}"}} 1' in text, collector


def test_files_that_others_leave_are_exported(lab: Lab, machine: Machine) -> None:
    place = "/var/lib/monitoring/node_exporter/textfile/stranger.prom"
    lab.run(machine, f"echo 'stranger_passed_by 1' > {place}; chmod 644 {place}")
    try:
        assert "stranger_passed_by 1" in metrics(lab, machine).splitlines()
    finally:
        lab.run(machine, f"rm {place}")


def test_archive_and_configuration_belong_to_root(lab: Lab, machine: Machine) -> None:
    writable = lab.run(machine, "find -L /opt/monitoring/*/current /etc/monitoring ! -type l -perm /022 -print")
    foreign = lab.run(machine, "find -L /opt/monitoring/*/current/archive ! -user root -print")
    assert (writable, foreign) == ("", "")
