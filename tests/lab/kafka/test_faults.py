"""What breaks in a cluster stays where it broke: the rest goes on, says so, and takes the lost part back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.kafka.cluster import PYTHON, Cluster
from tests.lab.running_lab import ROOT

pytestmark = pytest.mark.fault
DROP_IN = "/run/systemd/system/kafka.service.d/breaks.conf"
FORGET = """
import json
from confluent_kafka.admin import AdminClient, ScramMechanism, UserScramCredentialDeletion
admin = AdminClient(json.load(open("/etc/monitoring/kafka/client.json")))
[answer.result() for answer in admin.alter_user_scram_credentials(
    [UserScramCredentialDeletion("broker", ScramMechanism.SCRAM_SHA_512)]).values()]
"""


def eventually(holds: object, what: str, within: float = 60) -> None:
    """Wait until a function says yes."""
    deadline = time.monotonic() + within
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def test_full_log_disk_stops_its_broker_and_no_other(cluster: Cluster) -> None:
    broker, machine = max(cluster.brokers.items())
    others = [one for one in cluster.brokers if one != broker]
    with cluster.topic("test.disk") as topic, cluster.traffic(topic) as traffic:
        with cluster.lab.fault("fill-disk", machine.instance_id):
            eventually(lambda: ": ready" not in cluster.readiness(broker), "the broker took no notice of its full disk")
            assert all(": ready" in cluster.readiness(one) for one in others)
            said = cluster.lab.run(machine, "journalctl -u kafka --since -120s -o cat --no-pager")
            assert "/var/lib/monitoring/kafka" in said and re.search(
                "No space left|Error while writing|IOException", said
            )
        cluster.await_whole()
    traffic.assert_unharmed()


def test_lost_zookeeper_quorum_comes_back_and_no_record_was_lost(cluster: Cluster) -> None:
    stopped = [cluster.brokers[one] for one in sorted(cluster.brokers)[:2]]
    before = cluster.invocations("kafka")
    with cluster.topic("test.quorum") as topic, cluster.traffic(topic) as traffic:
        try:
            for machine in stopped:
                cluster.lab.run(machine, "systemctl stop zookeeper")
            time.sleep(10)  # longer than the brokers' sessions last
        finally:
            for machine in stopped:
                cluster.lab.run(machine, "systemctl start zookeeper")
        cluster.await_whole()
    traffic.assert_unharmed()
    assert cluster.invocations("kafka") == before, "brokers wait for the quorum"


def test_broker_that_does_not_come_back_leaves_the_other_zones_untouched(cluster: Cluster) -> None:
    first = min(set(cluster.brokers) - {cluster.controller()})  # the controller goes last
    before = cluster.invocations("kafka", "zookeeper")
    with broken(cluster, first, "log.cleaner.backoff.ms=15002"):
        change = {"kafka_settings": {"log.cleaner.dedupe.buffer.size": 4194304, "log.cleaner.backoff.ms": 15002}}
        run = cluster.lab.playbook(ROOT / "playbooks/transport.yml", *cluster.limit(), "-e", json.dumps(change))
    assert run.code != 0
    assert re.search(r"previous generation .* is live again, and ready", run.output), run.output[-3000:]
    after = cluster.invocations("kafka", "zookeeper")
    assert {key for key in before if before[key] != after[key]} == {(first, "kafka")}
    cluster.await_whole()


def test_broker_whose_user_is_missing_says_so_and_gets_it_back(cluster: Cluster) -> None:
    machine = cluster.brokers[1]
    cluster.lab.run(machine, f"{PYTHON} -c '{FORGET}'")
    try:
        # Not a restart: a broker that cannot log in waits minutes for the controller to let it go.
        cluster.lab.run(machine, "kill -9 $(systemctl show -P MainPID kafka)")
        missing = "user broker cannot log in: its SCRAM credentials are missing"
        eventually(lambda: missing in cluster.readiness(1), f"readiness does not say that {missing}")
    finally:
        mended = cluster.lab.playbook(ROOT / "playbooks/rotate_secrets.yml", *cluster.limit())
    mended.succeeded()


@contextmanager
def broken(cluster: Cluster, broker: int, line: str) -> Iterator[None]:
    """A broker that does not start with a configuration that has `line`."""
    machine, place = cluster.brokers[broker], DROP_IN.rsplit("/", 1)[0]
    breaks = f"ExecStartPre=/bin/sh -c '! grep -q ^{line} /etc/monitoring/kafka/server.properties'"
    cluster.lab.run(
        machine, f"mkdir -p {place}; printf '[Service]\\n%s\\n' \"{breaks}\" > {DROP_IN}; systemctl daemon-reload"
    )
    try:
        yield
    finally:
        cluster.lab.run(machine, f"rm -f {DROP_IN}; systemctl daemon-reload")
