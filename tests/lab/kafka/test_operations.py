"""Operations on a running cluster, while an application produces and consumes: not one record is lost."""

from __future__ import annotations

import logging
import re

import pytest

from tests.lab.kafka.cluster import Cluster
from tests.lab.running_lab import ROOT

pytestmark = pytest.mark.fault
PLAYBOOKS = ROOT / "playbooks"
SHOWN = "openssl s_client -connect 127.0.0.1:{port} </dev/null 2>/dev/null | openssl x509 -noout -serial"


def serials(cluster: Cluster, port: int) -> dict[int, str]:
    return {one: cluster.lab.run(machine, SHOWN.format(port=port)) for one, machine in cluster.brokers.items()}


def test_certificates_rotate_under_traffic_and_listeners_without_a_restart(cluster: Cluster) -> None:
    before = {port: serials(cluster, port) for port in (9093, 9094, 2281)}
    units = cluster.invocations("kafka", "zookeeper")
    with cluster.topic("test.rotation") as topic, cluster.traffic(topic) as traffic:
        listeners = cluster.lab.playbook(PLAYBOOKS / "rotate_certificates.yml", "--tags", "listeners", *cluster.limit())
        listeners.succeeded()
        assert cluster.invocations("kafka", "zookeeper") == units, "listeners take a certificate up without a restart"
        for port in (9093, 9094):
            assert not set(serials(cluster, port).values()) & set(before[port].values())
        leader = cluster.controller()
        rest = cluster.lab.playbook(PLAYBOOKS / "rotate_certificates.yml", "--skip-tags", "listeners", *cluster.limit())
        rest.succeeded()
    traffic.assert_unharmed()
    assert not set(serials(cluster, 2281).values()) & set(before[2281].values())
    after = cluster.invocations("kafka", "zookeeper")
    assert not set(after.values()) & set(units.values()), "the rest is taken up by a restart"
    order = re.findall(
        r"Broker is as declared\] \*+\nchanged: \[(node-\d)\.", rest.output.split("zone by zone, of Kafka", 1)[1]
    )
    assert order[-1] == f"node-{leader}", "the controller goes last"
    logging.getLogger(__name__).warning("%s", traffic.gap)


def test_killed_brokers_cost_no_record(cluster: Cluster) -> None:
    with cluster.topic("test.kill") as topic, cluster.traffic(topic) as traffic:
        for broker, machine in cluster.brokers.items():
            cluster.lab.run(machine, "kill -9 $(systemctl show -P MainPID kafka)")
            cluster.await_whole()
            assert cluster.readiness(broker).startswith(f"broker {broker}: ready")
    traffic.assert_unharmed()
    logging.getLogger(__name__).warning("%s", traffic.gap)
