"""Kafka in the lab: what operations and faults cost an application, and what TLS costs in throughput.

`python -m tests.bench.kafka` on the running lab; prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.kafka.cluster import CONFIG, PYTHON, Cluster, Traffic
from tests.lab.running_lab import ROOT, Lab

PLAYBOOKS = ROOT / "playbooks"
TOPIC = "test.bench"
PLAIN = "/run/bench-client.json"


def under_traffic(clusters: list[Cluster], what: str, act: Callable[[], object]) -> None:
    """Do something to all clusters while each has a producer of 1,000 records a second and a consumer."""
    flows: list[Traffic] = []
    with contextlib.ExitStack() as stack:
        for cluster in clusters:
            stack.enter_context(cluster.topic(TOPIC))
        for cluster in clusters:
            flows.append(stack.enter_context(cluster.traffic(TOPIC, rate=1000)))
        begun = time.monotonic()
        act()
        seconds = time.monotonic() - begun
    total = {name: sum(flow.result[name] for flow in flows) for name in ("acknowledged", "lost", "duplicated")}
    errors = sum(sum(flow.result["errors"].values()) for flow in flows if flow.result["errors"])
    gap = max(flow.result["longest_gap_seconds"] for flow in flows)
    print(
        f"| {what} | {seconds:.0f} s | {total['acknowledged']:,} | {total['lost']} | {total['duplicated']} "
        f"| {errors} | {gap:.1f} s |",
        flush=True,
    )


def kill_each(clusters: list[Cluster]) -> None:
    """`kill -9` of each broker in turn, one region after the other, each awaited."""
    for cluster in clusters:
        for machine in cluster.brokers.values():
            cluster.lab.run(machine, "kill -9 $(systemctl show -P MainPID kafka)")
            cluster.await_whole(120)


def throughput(cluster: Cluster, config: str, records: int) -> dict[str, float]:
    """Produce and consume as fast as possible on one broker's host."""
    command = f"{PYTHON} -m monitoring_agents.kafka_traffic --config {config} --topic {TOPIC} --throughput"
    found = cluster.lab.run(cluster.brokers[1], f"{command} --records {records} --size 1000")
    return dict(json.loads(found.splitlines()[-1]))


def protocols(cluster: Cluster, records: int) -> None:
    """Throughput over TLS, without it, and over TLS again."""
    plain = f"sed s/SASL_SSL/SASL_PLAINTEXT/ {CONFIG} > {PLAIN}"
    play = Path(__file__).with_name("kafka_protocol.yml")
    with cluster.topic(TOPIC):
        for protocol in ("SASL_SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            cluster.lab.playbook(play, *cluster.limit(), "-e", f"protocol={protocol}").succeeded()
            cluster.lab.run(cluster.brokers[1], plain)
            time.sleep(10)  # leaders are elected and replicas in sync
            config = CONFIG if protocol == "SASL_SSL" else PLAIN
            print(f"| {protocol} | {json.dumps(throughput(cluster, config, records))} |", flush=True)
        cluster.lab.playbook(PLAYBOOKS / "transport.yml", "--tags", "kafka", *cluster.limit()).succeeded()
        cluster.await_whole(120)
    cluster.lab.run(cluster.brokers[1], f"rm -f {PLAIN}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["operations", "throughput"])
    parser.add_argument("--records", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        lab = Lab(Path(scratch))
        clusters = [Cluster(lab, region) for region in lab.status["regions"]]
        if options.only != "throughput":
            print(
                "| while a producer and a consumer run in each region | takes | acked | lost | doubled | errors | gap |"
            )
            print("|---|---|---|---|---|---|---|")
            for what in ("rolling_restart", "rotate_certificates"):
                under_traffic(clusters, what, lambda what=what: lab.playbook(PLAYBOOKS / f"{what}.yml").succeeded())
            under_traffic(clusters, "kill -9 of each broker in turn", lambda: kill_each(clusters))
        if options.only != "operations":
            protocols(clusters[-1], options.records)


if __name__ == "__main__":
    main()
