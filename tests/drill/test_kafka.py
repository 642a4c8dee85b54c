"""Operations that take minutes: a version there and back, a broker more and one less, passwords, all under traffic."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.lab.kafka.cluster import Cluster
from tests.lab.running_lab import ROOT, STATE, Lab, Machine

PLAYBOOKS = ROOT / "playbooks"
OLDER = "3.9.1"
LOG = logging.getLogger(__name__)


@pytest.fixture
def cluster(ready: Lab) -> Iterator[Cluster]:
    """The last region's cluster."""
    cluster = Cluster(ready, list(ready.status["regions"])[-1])
    cluster.await_whole()
    yield cluster
    Cluster(ready, cluster.region).await_whole()


def older_archive() -> str:
    """Have the mirror serve the version before, and return its checksum."""
    build = [sys.executable, "-m", "localcloud.artifacts", "build", "--only", "kafka", "--version", OLDER]
    done = subprocess.run(build, cwd=ROOT / "lab", check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def test_upgrade_goes_back_and_forth_under_traffic(cluster: Cluster, tmp_path: Path) -> None:
    checksums = yaml.safe_load((STATE / "checksums.yml").read_text())["artifact_checksums"]
    given = tmp_path / "older.yml"
    sums = {**checksums, f"kafka_2.13-{OLDER}.tgz": older_archive()}
    given.write_text(yaml.safe_dump({"kafka_version": OLDER, "artifact_checksums": sums}))
    running = "readlink /opt/monitoring/kafka/current/archive"
    with cluster.topic("test.upgrade") as topic, cluster.traffic(topic) as traffic:
        upgrade = PLAYBOOKS / "upgrade.yml"
        cluster.lab.playbook(upgrade, "--tags", "kafka", *cluster.limit(), "-e", f"@{given}").succeeded()
        assert all(OLDER in cluster.lab.run(machine, running) for machine in cluster.brokers.values())
        cluster.lab.playbook(upgrade, "--tags", "kafka", *cluster.limit()).succeeded()
        assert not any(OLDER in cluster.lab.run(machine, running) for machine in cluster.brokers.values())
    traffic.assert_unharmed()
    LOG.warning("upgrade: %s", traffic.gap)


def test_passwords_change_under_traffic_and_the_old_one_ends(cluster: Cluster, tmp_path: Path) -> None:
    old = yaml.safe_load((STATE / "secrets.yml").read_text())["kafka_passwords"]
    given = tmp_path / "passwords.yml"
    slots = {"SCRAM-SHA-512": old["broker"], "SCRAM-SHA-256": "another-password-of-the-brokers"}
    rotate = [PLAYBOOKS / "rotate_secrets.yml", *cluster.limit(), "-e", f"@{given}"]
    with cluster.topic("test.secrets") as topic, cluster.traffic(topic) as traffic:
        given.write_text(yaml.safe_dump({"kafka_passwords": {**old, "broker": "at-once"}}))
        refused = cluster.lab.playbook(*rotate)
        assert refused.code != 0
        assert "would be locked out" in refused.output
        try:
            for broker in (slots, {"SCRAM-SHA-256": slots["SCRAM-SHA-256"]}):
                given.write_text(yaml.safe_dump({"kafka_passwords": {**old, "broker": broker}}, sort_keys=False))
                cluster.lab.playbook(*rotate).succeeded()
                cluster.await_whole()
        finally:  # back by the same way: both, then the first one alone
            back = dict(reversed(slots.items()))
            for broker in (back, old["broker"]):
                given.write_text(yaml.safe_dump({"kafka_passwords": {**old, "broker": broker}}, sort_keys=False))
                cluster.lab.playbook(*rotate).succeeded()
    traffic.assert_unharmed()
    LOG.warning("passwords: %s", traffic.gap)


def test_broker_joins_and_leaves_under_traffic(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(STATE / "aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(STATE / "aws" / "credentials"))
    ec2 = boto3.Session(profile_name="terraform", region_name=cluster.region).client("ec2")
    instance = launch(ec2, cluster.brokers[3])
    try:
        name = f"kafka-4.{cluster.region}.monitoring.test"
        fourth = await_machine(cluster.lab, name)
        limit = ["-l", f"{cluster.limit()[1]},{name}"]
        with cluster.topic("test.scale", 6) as topic, cluster.traffic(topic) as traffic:
            cluster.lab.playbook(PLAYBOOKS / "scale_kafka.yml", *limit).succeeded()
            assert replicas(cluster, 4) > 0
            retire = ["-e", f"kafka_retire={name}"]
            cluster.lab.playbook(PLAYBOOKS / "scale_kafka.yml", *limit, *retire).succeeded()
            assert cluster.lab.connection(fourth).run("systemctl is-active kafka").stdout.strip() != "active"
        traffic.assert_unharmed()
        LOG.warning("scale: %s", traffic.gap)
    finally:
        ec2.terminate_instances(InstanceIds=[instance])
        cluster.lab.playbook(PLAYBOOKS / "site.yml", *cluster.limit()).succeeded()


def launch(ec2: Any, like: Machine) -> str:
    """Launch a broker of its own, from the template of the machine it stands beside; return its instance id."""
    (reservation,) = ec2.describe_instances(InstanceIds=[like.instance_id])["Reservations"]
    (model,) = reservation["Instances"]
    tags = {tag["Key"]: tag["Value"] for tag in model["Tags"] if not tag["Key"].startswith("aws:")}
    tags |= {"monitoring:roles": "kafka", "monitoring:node-id": "4", "Name": "drill-kafka-4"}
    made = ec2.run_instances(
        ImageId=model["ImageId"], InstanceType=model["InstanceType"], KeyName=model["KeyName"],
        SubnetId=model["SubnetId"], SecurityGroupIds=[group["GroupId"] for group in model["SecurityGroups"]],
        IamInstanceProfile={"Arn": model["IamInstanceProfile"]["Arn"]}, MinCount=1, MaxCount=1,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )  # fmt: skip
    return str(made["Instances"][0]["InstanceId"])


def await_machine(lab: Lab, name: str) -> Machine:
    """Wait until a machine of this name runs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lab.refresh()
        found = [one for one in lab.machines if one.name == name and one.state == "running"]
        if found:
            return found[0]
        time.sleep(1)
    raise AssertionError(f"{name} does not run")


def replicas(cluster: Cluster, broker: int) -> int:
    """How many replicas a broker holds."""
    program = (
        "import json; from confluent_kafka.admin import AdminClient; "
        "m = AdminClient(json.load(open('/etc/monitoring/kafka/client.json'))).list_topics(timeout=20); "
        f"print(sum({broker} in p.replicas for t in m.topics.values() for p in t.partitions.values()))"
    )
    command = f"/opt/monitoring/agents/current/archive/bin/python -c {json.dumps(program)}"
    return int(cluster.lab.run(cluster.brokers[1], command))
