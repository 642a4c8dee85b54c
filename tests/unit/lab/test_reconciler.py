from typing import Any

from localcloud.desired import Cloud, parse
from localcloud.machines import Machine
from localcloud.reconciler import Step, machine_state, plan


def machines(*names: str, status: str = "running") -> dict[str, Machine]:
    return {name: Machine(name, f"container-{name}", status) for name in names}


ALL = ("i-00", "i-01", "i-10", "i-11", "i-20", "i-21")


def test_every_running_instance_gets_a_machine(cloud: Cloud) -> None:
    assert plan(cloud, {}, set(), set()) == [Step("create", name) for name in ALL]


def test_nothing_is_done_where_all_is_as_it_should_be(cloud: Cloud) -> None:
    assert plan(cloud, machines(*ALL), set(ALL), set()) == []


def test_terminated_instance_loses_its_machine_and_its_replacement_gets_one(document: dict[str, Any]) -> None:
    instances = document["regions"]["us-east-1"]["instances"]
    instances[0]["state"] = "terminated"
    instances.append({**instances[1], "id": "i-0new", "address": "10.213.0.11", "state": "running"})
    steps = plan(parse(document), machines(*ALL), set(ALL), set())
    assert sorted(steps, key=lambda step: step.action) == [Step("create", "i-0new"), Step("remove", "i-00")]


def test_machine_of_an_instance_that_the_api_no_longer_knows_is_removed(cloud: Cloud) -> None:
    assert plan(cloud, machines(*ALL, "i-gone"), {*ALL, "i-gone"}, set()) == [Step("remove", "i-gone")]


def test_machine_that_rebooted_is_started_again(cloud: Cloud) -> None:
    present = machines(*ALL) | machines("i-00", status="exited")
    assert plan(cloud, present, set(ALL) - {"i-00"}, set()) == [Step("start", "i-00")]


def test_machine_without_its_port_is_connected(cloud: Cloud) -> None:
    assert plan(cloud, machines(*ALL), set(ALL) - {"i-10"}, set()) == [Step("connect", "i-10")]


def test_machine_without_power_stays_off_until_it_is_healed(cloud: Cloud) -> None:
    assert plan(cloud, machines(*ALL), set(ALL), {"i-00"}) == [Step("kill", "i-00")]
    off = machines(*ALL) | machines("i-00", status="exited")
    assert plan(cloud, off, set(ALL), {"i-00"}) == []
    assert plan(cloud, off, set(ALL), set()) == [Step("start", "i-00")]


def test_machine_without_power_is_not_made_anew(cloud: Cloud) -> None:
    assert Step("create", "i-00") not in plan(cloud, {}, set(), {"i-00"})


def test_termination_comes_before_a_fault(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["instances"][0]["state"] = "terminated"
    off = machines(*ALL) | machines("i-00", status="exited")
    assert plan(parse(document), off, set(ALL), {"i-00"}) == [Step("remove", "i-00")]


def test_stopped_instance_is_shut_down_and_keeps_its_machine(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["instances"][0]["state"] = "stopped"
    stopped = parse(document)
    assert plan(stopped, machines(*ALL), set(ALL), set()) == [Step("shut-down", "i-00")]
    assert plan(stopped, machines(*ALL) | machines("i-00", status="exited"), set(ALL), set()) == []


def test_machine_runs_when_its_host_keys_are_known() -> None:
    machine = machines("i-00")["i-00"]
    assert machine_state(machine, booted=False) == "booting"
    assert machine_state(machine, booted=True) == "running"
    assert machine_state(machines("i-00", status="exited")["i-00"], booted=True) == "stopped"
    assert machine_state(None, booted=False) == "absent"
