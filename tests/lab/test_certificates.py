"""Certificates on a real machine: TLS 1.3 and client certificates only, and a renewal without an outage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import authorities
from tests.lab.running_lab import PLAYS, Lab, Machine, Run

TLS = "/etc/monitoring/tls_exporter/tls"


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Machine:
    return lab.machines[2]


@pytest.fixture(scope="module")
def home(lab: Lab, machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = authorities.make(tmp_path_factory.mktemp("authorities"))
        patch.setenv("TEST_AUTHORITIES", str(home))
        try:
            yield home
        finally:
            lab.playbook(PLAYS / "gone.yml", "-l", machine.name, "-e", "gone=tls_exporter")


def deploy(lab: Lab, machine: Machine, age: int, left: int) -> Run:
    """Deploy with an authority whose certificates are `age` days old and have `left` days to go."""
    extra = ["-l", machine.name, "-e", f"age={age}", "-e", f"left={left}"]
    return lab.playbook(PLAYS / "tls.yml", *extra, "-vvv").succeeded()


@pytest.fixture(scope="module")
def deployed(lab: Lab, machine: Machine, home: Path) -> Run:
    """The exporter with a certificate that has lived more than two thirds of its life (60 of 89 days)."""
    assert home.is_dir()
    return deploy(lab, machine, 60, 29)


def ask(lab: Lab, machine: Machine, *options: str) -> tuple[int, str]:
    """Ask for metrics on the machine by its name, with curl; return curl's exit code and the HTTP status."""
    where = f"--resolve {machine.name}:19443:127.0.0.1 --cacert {TLS}/ca.pem"
    asked = lab.connection(machine).run(
        f"curl -s -o /dev/null -w '%{{http_code}}' {where} {' '.join(options)} https://{machine.name}:19443/metrics"
    )
    return asked.rc, asked.stdout


CLIENT = f"--cert {TLS}/tls_exporter.pem --key {TLS}/tls_exporter.key"


def serial(lab: Lab, machine: Machine) -> str:
    """The serial number of the certificate that the listener shows, not of the file."""
    shown = lab.run(
        machine, "openssl s_client -connect 127.0.0.1:19443 </dev/null 2>/dev/null | openssl x509 -noout -serial"
    )
    return shown.removeprefix("serial=")


def test_client_with_a_certificate_is_answered(lab: Lab, machine: Machine, deployed: Run) -> None:
    assert ask(lab, machine, CLIENT) == (0, "200")


def test_client_without_a_certificate_is_refused(lab: Lab, machine: Machine, deployed: Run) -> None:
    code, status = ask(lab, machine)
    assert (code != 0, status) == (True, "000")


def test_tls_1_2_is_refused(lab: Lab, machine: Machine, deployed: Run) -> None:
    code, status = ask(lab, machine, CLIENT, "--tls-max", "1.2")
    assert (code != 0, status) == (True, "000")


def test_private_key_never_left_the_machine(lab: Lab, machine: Machine, deployed: Run, home: Path) -> None:
    file = lab.connection(machine).file(f"{TLS}/tls_exporter.key")
    assert (file.mode, file.user, file.group) == (0o640, "root", "tls_exporter")
    body = max(lab.run(machine, f"cat {TLS}/tls_exporter.key").splitlines(), key=len)
    assert body not in deployed.output
    assert "PRIVATE KEY" not in deployed.output
    assert not [path for path in home.rglob("*") if path.is_file() and body in path.read_text()]


def test_old_certificate_is_renewed_without_a_restart(lab: Lab, machine: Machine, deployed: Run) -> None:
    before, unit = serial(lab, machine), lab.run(machine, "systemctl show -P InvocationID tls_exporter")
    renewed = deploy(lab, machine, 0, 90)
    assert renewed.recap()[machine.name]["changed"] == 1
    assert serial(lab, machine) != before
    assert lab.run(machine, "systemctl show -P InvocationID tls_exporter") == unit
    assert ask(lab, machine, CLIENT) == (0, "200")
    assert deploy(lab, machine, 0, 90).recap()[machine.name]["changed"] == 0
