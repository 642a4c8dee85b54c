"""Who gets in: host keys, ports and identities."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.lab.running_lab import KNOWN_HOSTS, STATE, Lab, Machine, ssh


def lines_of(machine: Machine) -> list[str]:
    return [line for line in KNOWN_HOSTS.read_text().splitlines() if machine.address in line.split()[0].split(",")]


def test_machine_with_the_known_key_is_let_in(lab: Lab) -> None:
    machine = lab.machines[0]
    assert ssh(machine.address, ["hostname"], KNOWN_HOSTS).stdout.strip() == machine.name


def test_machine_with_another_key_is_refused(lab: Lab, tmp_path: Path) -> None:
    first, second = lab.machines[:2]
    forged = tmp_path / "known_hosts"
    keys = [line.split(None, 1)[1] for line in lines_of(second)]
    forged.write_text("".join(f"{first.address} {key}\n" for key in keys))
    refused = ssh(first.address, ["hostname"], forged)
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_machine_without_a_known_key_is_refused(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").touch()
    refused = ssh(lab.machines[0].address, ["hostname"], tmp_path / "known_hosts")
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_password_and_root_are_refused(lab: Lab) -> None:
    effective = lab.run(lab.machines[0], "sshd -T").lower()
    assert "passwordauthentication no" in effective


def reaches(lab: Lab, source: Machine, target: Machine, port: int) -> bool:
    return lab.connection(source).run("nc -z -w 2 %s %s", target.address, str(port)).rc == 0


def test_only_ports_that_terraform_opens_are_open(lab: Lab) -> None:
    """A listener stands on each port; ZooKeeper's client port is opened to brokers, 12345 to nobody."""
    source, target = lab.machines[0], lab.machines[1]
    ports = {2281: True, 12345: False, 9100: False, 22: False}
    listen = " ".join(
        f"systemd-run -q --unit=listener-{port} nc -lk {target.address} {port};" for port in ports if port != 22
    )
    lab.run(target, f"{listen} sleep 0.5")
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            found = dict(zip(ports, pool.map(lambda port: reaches(lab, source, target, port), ports), strict=True))
        assert found == ports
    finally:
        lab.run(target, "systemctl stop 'listener-*'")


DENIED = r"UnauthorizedOperation|AccessDenied"


def client(service: str, profile: str, region: str = "us-east-1") -> Any:
    # The lab's own files, whatever identity the caller's environment has.
    session = boto3.Session(profile_name=profile, region_name=region)
    return session.client(service)


@pytest.mark.usefixtures("lab_credentials")
def test_inventory_identity_reads_and_does_not_write(lab: Lab) -> None:
    ec2 = client("ec2", "inventory")
    assert ec2.describe_instances()["Reservations"]
    with pytest.raises(ClientError, match=DENIED):
        ec2.terminate_instances(InstanceIds=[lab.machines[0].instance_id])
    with pytest.raises(ClientError, match=DENIED):
        ec2.create_tags(Resources=[lab.machines[0].instance_id], Tags=[{"Key": "monitoring:roles", "Value": "kafka"}])


@pytest.mark.usefixtures("lab_credentials")
def test_dns_identity_sees_no_machine(lab: Lab) -> None:
    with pytest.raises(ClientError, match=DENIED):
        client("ec2", "dns").describe_instances()


def test_credentials_are_readable_by_their_owner_alone() -> None:
    loose = [str(path) for path in (STATE / "aws").iterdir() if path.stat().st_mode & 0o077]
    loose += [str(path) for path in (STATE / "ssh").iterdir() if path.suffix != ".pub" and path.stat().st_mode & 0o077]
    assert not loose
