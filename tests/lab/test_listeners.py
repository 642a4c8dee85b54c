"""What listens on every machine: nothing that is not declared, and each listener speaks TLS 1.3 to whom it should."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab import authorities, tls_probe
from tests.lab.identities import identity
from tests.lab.remote_python import ask
from tests.lab.running_lab import STATE, Lab, Machine

PROBE = Path(tls_probe.__file__)
BROKER = "/etc/monitoring/kafka/tls"
MEMBER = "/etc/monitoring/zookeeper/tls"
SSH = 22
LEADERS_PORT = 2888
PORTS = {"zookeeper": {2281, 3888}, "kafka": {9093, 9094}}
"""By role; a ZooKeeper leader has LEADERS_PORT besides. A listener that is not here fails the test."""

SERVICES = {2281: "zookeeper", LEADERS_PORT: "zookeeper", 3888: "zookeeper", 9093: "kafka", 9094: "kafka"}
WORDS = {2281: "srvr\r\n", 9093: "\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff", 9094: "\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff"}
"""What a client of the port says first: ZooKeeper's srvr, Kafka's ApiVersions. Both are answered before any login."""

UNFINISHED = "\xff" * 6
"""The beginning of what a member says on the quorum ports: without TLS the port would wait for the rest."""

OLD_VERSIONS = ("TLSv1", "TLSv1_1", "TLSv1_2")

Answers = dict[str, tuple[str, str]]


def listening(lab: Lab, machine: Machine) -> set[int]:
    """Ports of a machine that answer from outside, SSH's aside."""
    rows = [line.split()[3].rsplit(":", 1) for line in lab.run(machine, "ss -Hltn").splitlines()]
    loopback = re.compile(r"127\.|\[::1\]|\[::ffff:127\.")
    return {int(port) for address, port in rows if not loopback.match(address)} - {SSH}


def name_of(machine: Machine, service: str) -> str:
    """The name by which the service's clients call the machine."""
    return re.sub(r"^node", service, machine.name)


def secured(machine: Machine, port: int, version: str = "TLSv1_3", **changes: Any) -> dict[str, Any]:
    """A question as the port's proper client asks it, but for `changes`."""
    kafka = SERVICES[port] == "kafka"
    return {
        "address": machine.address,
        "port": port,
        "send": WORDS.get(port, ""),
        "version": version,
        "ca": f"{BROKER}/kafka-ca.pem" if kafka else f"{MEMBER}/ca.pem",
        "identity": None if kafka else f"{MEMBER}/zookeeper-bundle.pem",
        "server": name_of(machine, SERVICES[port]),
        **changes,
    }


def questions(machine: Machine, ports: set[int]) -> dict[str, Any]:
    """Every listener in plain text, by each version of TLS, and under a name that is its machine's and not its own."""
    asked: dict[str, Any] = {}
    for port in ports & SERVICES.keys():
        plain = {"address": machine.address, "port": port, "send": WORDS.get(port, UNFINISHED)}
        asked |= {f"{port} plain": plain, f"{port} other name": secured(machine, port, server=machine.name)}
        asked |= {f"{port} {version}": secured(machine, port, version) for version in (*OLD_VERSIONS, "TLSv1_3")}
    return asked


@pytest.fixture(scope="module")
def ports(lab: Lab) -> dict[Machine, set[int]]:
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(lab.machines, pool.map(lambda one: listening(lab, one), lab.machines), strict=True))


@pytest.fixture(scope="module")
def answers(ports: dict[Machine, set[int]]) -> dict[Machine, Answers]:
    """How every listener of every machine answers, asked on the machine itself."""
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(ports, pool.map(lambda one: ask(one, PROBE, questions(one, ports[one])), ports), strict=True))


def flat(answers: Mapping[Machine, Answers], ending: str) -> dict[str, tuple[str, str]]:
    """All answers to one kind of question."""
    found = {
        f"{machine.name}:{question}": tuple(answer)
        for machine, of_machine in answers.items()
        for question, answer in of_machine.items()
        if question.endswith(f" {ending}")
    }
    assert found
    return found


def test_only_declared_ports_listen(ports: dict[Machine, set[int]]) -> None:
    for machine, found in ports.items():
        declared = {port for role, ports_of_role in PORTS.items() if role in machine.roles for port in ports_of_role}
        assert found - {LEADERS_PORT} == declared, machine.name


def test_each_ensemble_has_one_leader_that_listens(ports: dict[Machine, set[int]]) -> None:
    leaders = [machine.region for machine, found in ports.items() if LEADERS_PORT in found]
    assert sorted(leaders) == sorted({machine.region for machine in ports if "zookeeper" in machine.roles})


def test_plain_text_is_refused(answers: dict[Machine, Answers]) -> None:
    assert {place: answer for place, answer in flat(answers, "plain").items() if answer[0] != "refused"} == {}


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_older_versions_of_tls_are_refused_by_the_listener(answers: dict[Machine, Answers], version: str) -> None:
    for place, (answer, why) in flat(answers, version).items():
        assert answer == "refused", place
        assert re.search("alert protocol version", why), f"{place}: {why}"


def test_proper_client_is_taken_and_finds_the_service_under_its_name(answers: dict[Machine, Answers]) -> None:
    for place, (answer, what) in flat(answers, "TLSv1_3").items():
        quorum = ":2888 " in place or ":3888 " in place
        assert answer == ("admitted" if quorum else "answered"), f"{place}: {what}"
        assert ":2281 " not in place or "\nMode: " in what, f"{place}: {what}"


def test_certificate_holds_for_no_other_service_of_the_machine(answers: dict[Machine, Answers]) -> None:
    for place, (answer, why) in flat(answers, "other name").items():
        assert (answer, "Hostname mismatch" in why) == ("refused", True), f"{place}: {why}"


@pytest.fixture(scope="module")
def strangers(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """Certificates under the brokers' very name that ZooKeeper must not take, and none at all."""
    foreign = authorities.make(tmp_path_factory.mktemp("authorities")) / "foreign"
    name = f"kafka.{lab.machines[-1].region}"
    return {
        "none": None,
        "of the deployment's authority": identity(STATE / "ca", name),
        "expired": identity(STATE / "ca" / "zookeeper", name, days=-1),
        "foreign": identity(foreign, name),
    }


def test_zookeeper_takes_certificates_of_its_own_authority_alone(
    lab: Lab, ports: dict[Machine, set[int]], strangers: dict[str, str | None]
) -> None:
    leader = next(machine for machine in reversed(lab.machines) if LEADERS_PORT in ports[machine])
    asked = {
        f"{port} {kind}": secured(leader, port, identity=shown)
        for port in (2281, LEADERS_PORT, 3888)
        for kind, shown in strangers.items()
    }
    asked["broker"] = secured(leader, 2281, identity=f"{BROKER}/zookeeper-bundle.pem")
    found = ask(leader, PROBE, asked)
    answer, what = found.pop("broker")
    assert (answer, "\nMode: " in what) == ("answered", True), what
    for place, (answer, why) in found.items():
        wanted = "alert certificate required" if place.endswith("none") else "alert certificate unknown"
        assert (answer, wanted in why) == ("refused", True), f"{place}: {answer} {why}"


def test_client_refuses_a_broker_of_another_authority(lab: Lab) -> None:
    machine = lab.machines[-1]
    asked = {str(port): secured(machine, port, ca=f"{BROKER}/zookeeper-ca.pem") for port in (9093, 9094)}
    for port, (answer, why) in ask(machine, PROBE, asked).items():
        assert (answer, "CERTIFICATE_VERIFY_FAILED" in why) == ("refused", True), f"{port}: {why}"
