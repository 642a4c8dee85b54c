"""Clusters that are declared wrong: refused by name before a machine is asked, and what runs goes on running."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab import authorities
from tests.lab.running_lab import ROOT, Lab, Run

TRANSPORT = ROOT / "playbooks" / "transport.yml"
ROLES = ("zookeeper", "kafka")
PASSWORDS = dict.fromkeys(("broker", "admin", "exporter"), "a password of this test")


def host(region: str, number: int, **changes: Any) -> dict[str, Any]:
    """A host as an inventory declares it, at an address where nothing answers: no refusal needs it."""
    zone = f"{region}-{'abcd'[number - 1]}"
    address = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    return {**address, "region": region, "zone": zone, "node_id": number, "kafka_passwords": PASSWORDS, **changes}


def region(name: str, size: int = 3, **changes: Any) -> dict[str, dict[str, Any]]:
    return {f"node-{number}.{name}.test": host(name, number, **changes) for number in range(1, size + 1)}


REGIONS = {
    "even": region("even", 4),
    "doubled": {**region("doubled"), "node-4.doubled.test": host("doubled", 4, node_id=3)},
    "narrow": region("narrow", zone="narrow-a"),
    "unnamed": region("unnamed", node_id=None),
    "silent": region("silent", kafka_passwords={**PASSWORDS, "exporter": ""}),
}
"""A mistake a region, in one inventory."""

MESSAGES = {
    "even ensemble": r"zookeeper in even: 4 members, which survive no more losses than 3; use an odd number",
    "two members with one id": r"zookeeper in doubled: .*node-3\.doubled\.test and node-4\.doubled\.test have the same",
    "two brokers with one id": r"kafka in doubled: node-3\.doubled\.test and node-4\.doubled\.test have the same",
    "ensemble in one zone": r"zookeeper in narrow: all 3 members stand in zone narrow-a, whose loss would take all of",
    "brokers in one zone": r"kafka in narrow: all 3 members stand in zone narrow-a, whose loss would take all of them",
    "broker without an id": r"kafka: node-1\.unnamed\.test has no host variable node_id; node-2\.unnamed",
    "user without a password": r"kafka_passwords has no password for user exporter; add one to your vault",
}


@pytest.fixture(scope="module")
def refused(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The answers to all mistakes, by role."""
    home = tmp_path_factory.mktemp("inventory")
    hosts = {name: variables for hosts in REGIONS.values() for name, variables in hosts.items()}
    groups = {role: {"hosts": dict.fromkeys(hosts)} for role in ROLES}
    variables = {"certificate_authority": {"kind": "deployment", "directory": str(home / "ca")}, "artifact_mirrors": []}
    inventory = home / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables, "children": groups}}))
    return {role: lab.playbook(TRANSPORT, "--check", "--tags", role, inventory=inventory) for role in ROLES}


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("case", MESSAGES)
def test_wrong_cluster_is_refused_by_name(refused: dict[str, Run], case: str) -> None:
    said = one_line("".join(run.output for run in refused.values()))
    assert re.search(MESSAGES[case], said), said[-8000:]


def asked(run: Run) -> set[str]:
    """Regions whose machines the run tried to reach."""
    said = one_line(run.output)
    failures = re.findall(r"fatal: \[node-\d\.(\w+)\.test\]: (.*?)(?=fatal: |\[ERROR\]|PLAY RECAP)", said)
    assert {region for region, _why in failures} == set(REGIONS)
    return {region for region, why in failures if "connect to host 127.0.0.1 port 1" in why}


def test_no_machine_of_a_wrong_cluster_is_asked(refused: dict[str, Run]) -> None:
    # ZooKeeper has no passwords, so that ensemble is right.
    assert {role: asked(run) for role, run in refused.items()} == {"zookeeper": {"silent"}, "kafka": set()}


AUTHORITIES = {
    "expired": (
        lambda home: {"kind": "deployment", "directory": str(home / "expired")},
        r"expired authority.*expired on",
    ),
    "foreign": (
        lambda home: {"kind": "command", "command": signer(home / "foreign"), "ca": str(home / "trusted" / "ca.pem")},
        r"foreign authority.*none of the trusted authorities",
    ),
}


def signer(authority: Path) -> list[str]:
    """An operator's command that signs by an authority."""
    ca = ["-CA", str(authority / "ca.pem"), "-CAkey", str(authority / "ca.key")]
    return ["openssl", "x509", "-req", *ca, "-copy_extensions", "copyall", "-days", "30"]


STATE = (
    "systemctl show -P InvocationID kafka; readlink /opt/monitoring/kafka/current;"
    "cd /etc/monitoring/kafka && find . -type f | sort | xargs sha256sum"
)


@pytest.mark.parametrize("case", AUTHORITIES)
def test_broker_runs_on_where_its_certificate_cannot_be_had(lab: Lab, tmp_path: Path, case: str) -> None:
    machine = lab.machines[-1]
    authority, message = AUTHORITIES[case]
    home = authorities.make(tmp_path)
    before = lab.run(machine, STATE)
    variables = json.dumps({"certificate_authority": authority(home), "zookeeper_authority": authority(home)})
    run = lab.playbook(TRANSPORT, "--tags", "kafka", "-l", machine.name, "-e", variables)
    assert run.code != 0
    assert re.search(message, one_line(run.output)), run.output[-6000:]
    assert lab.run(machine, STATE) == before
