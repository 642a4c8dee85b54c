"""Another team installs the tarball and uses single parts of it, without this checkout."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.release.conftest import ROOT, Environment

sys.path.insert(0, str(ROOT / "lab"))
from localcloud import services

from tests.release.plain_machine import PlainMachine, plain_machine

TAGS = [{"Key": "monitoring:deployment", "Value": "acme"}, {"Key": "monitoring:environment", "Value": "prod"}]
PLACE = "instance-profile/monitoring/acme/prod/kafka"


def test_tarball_holds_the_collection_and_nothing_of_the_workshop(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {Path(name).parts[0] for name in archive.getnames()}
    assert {"plugins", "roles", "playbooks", "docs", "meta", "README.md", "LICENSE"} <= names
    assert not names & {"lab", "tests", "molecule", "scripts"}
    assert not [name for name in names if name.startswith(".")]


def test_plugins_and_roles_are_documented_where_they_are_installed(environment: Environment) -> None:
    for kind, name in (("module", "artifact"), ("inventory", "ec2_topology"), ("role", "exporters")):
        assert name in environment.run("ansible-doc", "-t", kind, f"selfhosted.monitoring.{name}").stdout


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """An API with one broker of another team's deployment."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    iam, ec2 = session.client("iam", endpoint_url=url), session.client("ec2", endpoint_url=url)
    iam.create_instance_profile(InstanceProfileName="kafka", Path="/monitoring/acme/prod/")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone="eu-west-1a")["Subnet"]["SubnetId"]
    ec2.create_tags(Resources=[subnet], Tags=TAGS)
    tags = [*TAGS, {"Key": "monitoring:roles", "Value": "kafka"}, {"Key": "monitoring:node-id", "Value": "1"}]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet,
        IamInstanceProfile={"Arn": f"arn:aws:iam::123456789012:{PLACE}"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )  # fmt: skip
    yield url
    server.stop()


def test_inventory_plugin_reads_another_teams_cloud(environment: Environment, cloud: str) -> None:
    source = environment.home / "acme.ec2_topology.yml"
    settings = {
        "plugin": "selfhosted.monitoring.ec2_topology", "deployment": "acme", "environment": "prod",
        "domain": "acme.example", "regions": ["eu-west-1"], "endpoint_url": cloud, "min_regions": 1,
        "zones_per_region": 1, "replication_factor": 1, "minimum_hosts": {"kafka": 1},
    }  # fmt: skip
    source.write_text(yaml.safe_dump(settings))
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    listed = json.loads(environment.run("ansible-inventory", "-i", source.name, "--list", **keys).stdout)
    assert listed["kafka"]["hosts"] == ["kafka-1.eu-west-1.acme.example"]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[PlainMachine]:
    with plain_machine(tmp_path) as started:
        yield started


def test_artifact_and_exporters_run_on_a_plain_host(environment: Environment, machine: PlainMachine) -> None:
    inventory = environment.home / "hosts.yml"
    variables = {
        "ansible_host": machine.address, "ansible_user": "admin", "ansible_ssh_private_key_file": str(machine.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={machine.known_hosts} -o StrictHostKeyChecking=yes",
        "artifact_mirrors": [machine.mirror],
        **yaml.safe_load((services.MIRROR_DIRECTORY / "checksums.yml").read_text()),
    }  # fmt: skip
    inventory.write_text(yaml.safe_dump({"plain": {"hosts": {"plain-1": variables}}}))
    playbook = (ROOT / "tests" / "release" / "plain_host.yml").read_text()
    (environment.home / "plain_host.yml").write_text(playbook)
    command = ("ansible-playbook", "-i", inventory.name, "plain_host.yml")
    first = environment.run(*command).stdout
    assert "changed=2" in first, first[-3000:]
    second = environment.run(*command).stdout
    assert "changed=0" in second, second[-3000:]
