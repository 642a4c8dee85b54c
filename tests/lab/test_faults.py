"""Each fault of `lab/lab fault` does what it says, to what it names and to nothing else, and heals."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.lab import probe
from tests.lab.reach import CONTROLLER, SILENCE, ask, between, console, mesh, silent
from tests.lab.running_lab import KNOWN_HOSTS, STATE, Lab, ssh

pytestmark = [pytest.mark.fault, pytest.mark.usefixtures("lab_credentials")]

SERVICES = {f"{CONTROLLER}:53", f"{CONTROLLER}:4566", f"{CONTROLLER}:8080"}
"""What hosts reach of the controller: DNS, API, mirror."""


def ec2(region: str, **config: Any) -> Any:
    config = {"retries": {"total_max_attempts": 1}, **config}
    return boto3.Session(profile_name="inventory").client("ec2", region_name=region, config=Config(**config))


def test_stopped_host_answers_nothing_while_the_api_calls_it_running(ready: Lab) -> None:
    machine = ready.machine(3, next(iter(ready.status["regions"])))
    kept = "/var/lib/monitoring/kept-by-test"
    ready.run(machine, f"echo survived > {kept}")
    ready.hang_up(machine)
    with ready.fault("stop", machine.instance_id):
        assert probe.ask(f"{machine.address}:22", SILENCE)[0] == "silent"
        (reservation,) = ec2(machine.region).describe_instances(InstanceIds=[machine.instance_id])["Reservations"]
        assert reservation["Instances"][0]["State"]["Name"] == "running"
        status = ready.lab("status", check=False)
        assert status.returncode == 1
        assert f"fault: stop {machine.name} (lab/lab heal stop:{machine.instance_id})" in status.stdout
    try:
        back = ssh(machine.address, ["sudo", "cat", kept], KNOWN_HOSTS)
        assert back.stdout.strip() == "survived", back.stderr
    finally:
        ready.run(machine, f"rm -f {kept}")


def test_filled_data_volume_takes_nothing_and_the_neighbours_do(ready: Lab) -> None:
    region = list(ready.status["regions"])[-1]
    full, neighbour = ready.machine(1, region), ready.machine(2, region)
    file = "/var/lib/monitoring/written-by-test"
    write = f"head -c 65536 /dev/zero > {file}"
    try:
        with ready.fault("fill-disk", full.instance_id):
            refused = ready.connection(full).run("sh -c %s", write)
            assert refused.rc != 0
            assert "No space left on device" in refused.stderr
            ready.run(neighbour, write)
        ready.run(full, write)
    finally:
        for machine in (full, neighbour):
            ready.run(machine, f"rm -f {file}")


def test_zone_that_is_cut_off_keeps_the_controller_where_asked(ready: Lab, three_regions: list[str]) -> None:
    region, other, _third = three_regions
    lost, neighbour, far = ready.machine(2, region), ready.machine(1, region), ready.machine(2, other)
    with ready.fault("cut", lost.zone, "--keep-controller"):
        assert silent(mesh(ready, [lost, neighbour, far])) == between([lost], [neighbour, far])
        assert {answer for answer, _seconds in ask(ready.run, lost, sorted(SERVICES)).values()} == {"open"}
    assert not silent(mesh(ready, [lost, neighbour, far]))


def test_region_that_is_cut_off_is_an_island(ready: Lab, three_regions: list[str]) -> None:
    lost, *others = three_regions
    inside = [ready.machine(number, lost) for number in (1, 2)]
    outside = [ready.machine(1, region) for region in others]
    with ready.fault("cut", lost):
        with ThreadPoolExecutor() as pool:
            from_controller = pool.submit(probe.ask, f"{inside[0].address}:22", SILENCE)
            to_controller = pool.submit(ask, console, inside[0], sorted(SERVICES))
            found = silent(mesh(ready, [*inside, *outside], islanders=inside))
        assert found == between(inside, outside)
        assert from_controller.result()[0] == "silent"
        assert {answer for answer, _seconds in to_controller.result().values()} == {"silent"}
    assert not silent(mesh(ready, [*inside, *outside]))


def test_packets_between_two_regions_vanish_and_the_third_reaches_both(ready: Lab, three_regions: list[str]) -> None:
    a, b, c = (ready.machine(1, region) for region in three_regions)
    with ready.fault("blackhole", a.region, b.region):
        assert silent(mesh(ready, [a, b, c])) == between([a], [b])
    assert not silent(mesh(ready, [a, b, c]))


def test_delayed_way_takes_longer_each_way_and_no_other_does(ready: Lab, three_regions: list[str]) -> None:
    a, b, c = (ready.machine(1, region) for region in three_regions)
    with ready.fault("delay", a.region, b.region, "--ms", "80"):
        ways = mesh(ready, [a, b, c])
    delayed = between([a], [b])
    assert not silent(ways)
    assert all(ways[way] >= 0.15 for way in delayed), ways
    assert all(seconds < 0.1 for way, seconds in ways.items() if way not in delayed), ways
    assert max(mesh(ready, [a, b]).values()) < 0.1


def test_api_of_one_region_throttles_another_hangs_a_third_is_slow(ready: Lab, three_regions: list[str]) -> None:
    throttling, hanging, slow = three_regions
    clients = {region: ec2(region, read_timeout=3) for region in three_regions}
    with (
        ready.fault("api-throttle", throttling),
        ready.fault("api-hang", hanging),
        ready.fault("api-delay", slow, "--ms", "400"),
    ):
        with pytest.raises(ClientError, match="RequestLimitExceeded"):
            clients[throttling].describe_instances()
        with pytest.raises(ReadTimeoutError):
            clients[hanging].describe_instances()
        start = time.monotonic()
        assert clients[slow].describe_instances()["Reservations"]
        assert time.monotonic() - start >= 0.4
    assert all(client.describe_instances()["Reservations"] for client in clients.values())


def test_faults_that_make_no_sense_are_refused_and_change_nothing(ready: Lab, three_regions: list[str]) -> None:
    a, b, _c = three_regions
    nonsense = {
        ("fault", "stop", f"node-9.{a}"): rf"no host node-9\.{a} in the lab; hosts: .*node-1\.{a}",
        ("fault", "fill-disk", a): rf"no host {a} in the lab; hosts: .*node-1\.{a}",
        ("fault", "cut", "mars-1"): rf"mars-1 is not one of .*{a}, {a}a",
        ("fault", "blackhole", a): "takes 2 targets: REGION_A REGION_B",
        ("fault", "blackhole", a, a): rf"two different regions, not {a} twice",
        ("fault", "delay", a, b): "--ms with a number of milliseconds above 0",
        ("fault", "delay", a, b, "--ms", "-80"): "--ms with a number of milliseconds above 0",
        ("fault", "api-delay", a): "--ms with a number of milliseconds above 0",
        ("fault", "explode", a): r"invalid choice: 'explode' \(choose from .*blackhole",
        ("heal", "cut"): "No active fault is called cut; active: none",
    }
    record = (STATE / "faults.json").read_text()
    with ThreadPoolExecutor(2) as pool:
        done = dict(zip(nonsense, pool.map(lambda words: ready.lab(*words, check=False), nonsense), strict=True))
    for words, message in nonsense.items():
        assert done[words].returncode in {1, 2}, words
        assert re.search(message, done[words].stderr), f"{words}: {done[words].stderr}"
    assert (STATE / "faults.json").read_text() == record
    with urllib.request.urlopen(f"{ready.status['endpoints']['api_faults']}/faults", timeout=5) as answer:  # noqa: S310
        assert json.load(answer) == {}
    assert ready.refresh()["ready"]
