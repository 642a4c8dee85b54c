# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka of the chosen regions: brokers, controller, replicas, throughput, latency, lag, disks, ZooKeeper."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from content.dashboards.panels import Figure, Graph, Query, board

IN = 'deployment_region=~"$region"'
TOPICS = 'topic!=""'
JMX = 'job="jmx"'
HEAP = f'{IN},{JMX},area="heap"'
HOST = "{{deployment_region}} {{instance}}"
REGION = "{{deployment_region}}"
TOPIC = "{{deployment_region}} {{topic}}"
GROUP = "{{deployment_region}} {{consumergroup}} {{topic}}"


def rate(metric: str, *matchers: str) -> str:
    """Return the rate of a counter in the chosen regions."""
    return f"rate({metric}{{{','.join((IN, *matchers))}}}[$__rate_interval])"


def percentile(part: str, request: str) -> str:
    """Return the 99th percentile of a part of the time that requests of a kind take, in milliseconds."""
    return f'kafka_network_requestmetrics_{part}timems{{{IN},request="{request}",quantile="0.99"}}'


def by_topic(meter: str) -> str:
    """Return the rate of a meter by region and topic; without a topic the bean is the broker's total."""
    return f"sum by (deployment_region, topic) ({rate(f'kafka_server_brokertopicmetrics_{meter}_total', TOPICS)})"


def mean(summary: str) -> str:
    """Return the mean of one of ZooKeeper's summaries over the last minutes, in milliseconds."""
    job = 'job="zookeeper"'
    return f"{rate(f'{summary}_sum', job)} / {rate(f'{summary}_count', job)}"


STATE = [
    Figure("Brokers away", Query(f"count(instance:kafka_broker:up{{{IN}}} == 0) or vector(0)", ""), good=0),
    Figure(
        "Regions without exactly one controller",
        Query(f"count(deployment_region:kafka_controllers:sum{{{IN}}} != 1) or vector(0)", ""),
        good=0,
    ),
    Figure(
        "Partitions offline",
        Query(
            f"sum(max by (deployment_region) (kafka_controller_kafkacontroller_offlinepartitionscount{{{IN}}}))",
            "",
        ),
        good=0,
    ),
    Figure(
        "Partitions below min.insync.replicas",
        Query(f"sum(kafka_server_replicamanager_underminisrpartitioncount{{{IN}}})", ""),
        good=0,
    ),
    Figure(
        "Partitions under-replicated",
        Query(f"sum(kafka_server_replicamanager_underreplicatedpartitions{{{IN}}})", ""),
        good=0,
    ),
    Figure(
        "ZooKeeper members away",
        Query(f"count(instance:zookeeper_member:serving{{{IN}}} == 0) or vector(0)", ""),
        good=0,
    ),
]
BROKERS = [
    Graph("Brokers up", "none", [Query(f"instance:kafka_broker:up{{{IN}}}", HOST)]),
    Graph(
        "Controller",
        "none",
        [Query(f"kafka_controller_kafkacontroller_activecontrollercount{{{IN}}}", HOST)],
        "Which broker is it; the sum of a region is 1.",
    ),
    Graph(
        "Leaders",
        "none",
        [Query(f"kafka_server_replicamanager_leadercount{{{IN}}}", HOST)],
        "Uneven after a failure, until leaders move back.",
    ),
    Graph("Version", "none", [Query(f"count by (version) (kafka_server_app_version{{{IN}}})", "{{version}}")]),
]
REPLICAS = [
    Graph(
        "Partitions not as they should be",
        "none",
        [
            Query(f"kafka_server_replicamanager_underreplicatedpartitions{{{IN}}} > 0", f"{HOST} under-replicated"),
            Query(f"kafka_server_replicamanager_underminisrpartitioncount{{{IN}}} > 0", f"{HOST} below minimum"),
            Query(f"kafka_controller_kafkacontroller_offlinepartitionscount{{{IN}}} > 0", f"{HOST} offline"),
            Query(f"kafka_server_replicamanager_reassigningpartitions{{{IN}}} > 0", f"{HOST} moving"),
        ],
    ),
    Graph(
        "In-sync sets that shrink and grow",
        "ops",
        [
            Query(rate("kafka_server_replicamanager_isrshrinks_total"), f"{HOST} shrink"),
            Query(rate("kafka_server_replicamanager_isrexpands_total"), f"{HOST} grow"),
        ],
    ),
    Graph("Followers behind", "none", [Query(f"kafka_server_replicafetchermanager_maxlag{{{IN}}}", HOST)]),
]
THROUGHPUT = [
    Graph("Records in by topic", "cps", [Query(by_topic("messagesin"), TOPIC)]),
    Graph("Bytes in by topic", "Bps", [Query(by_topic("bytesin"), TOPIC)]),
    Graph("Bytes out by topic", "Bps", [Query(by_topic("bytesout"), TOPIC)]),
    Graph(
        "Replication by broker",
        "Bps",
        [
            Query(rate("kafka_server_brokertopicmetrics_replicationbytesin_total"), f"{HOST} in"),
            Query(rate("kafka_server_brokertopicmetrics_replicationbytesout_total"), f"{HOST} out"),
        ],
    ),
]
LATENCY = [
    Graph("Produce, 99 %", "ms", [Query(percentile("total", "Produce"), HOST)]),
    Graph(
        "Produce, 99 %, by where it is spent",
        "ms",
        [
            Query(f"max by (deployment_region) ({percentile(part, 'Produce')})", f"{REGION} {words}")
            for part, words in (
                ("requestqueue", "queue"),
                ("local", "disk"),
                ("remote", "followers"),
                ("throttle", "quota"),
                ("responsesend", "network"),
            )
        ],
    ),
    Graph("Consumers' fetch, 99 %", "ms", [Query(percentile("total", "FetchConsumer"), HOST)]),
    Graph(
        "Idle threads",
        "percentunit",
        [
            Query(f"kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent{{{IN}}}", f"{HOST} handlers"),
            Query(f"kafka_network_socketserver_networkprocessoravgidle_percent{{{IN}}}", f"{HOST} network"),
        ],
    ),
]
CLIENTS = [
    Graph(
        "Lag in records",
        "none",
        [
            Query(
                "sum by (deployment_region, consumergroup, topic) (max by (deployment_region, consumergroup, topic,"
                f" partition) (kafka_consumergroup_lag{{{IN}}}))",
                GROUP,
            )
        ],
    ),
    Graph(
        "Lag in seconds",
        "s",
        [
            Query(
                f"max by (deployment_region, consumergroup, topic) (kafka_consumergroup_lag_seconds{{{IN}}})",
                GROUP,
            )
        ],
    ),
    Graph(
        "Connections by listener",
        "none",
        [
            Query(
                "sum by (deployment_region, instance, listener)"
                f" (kafka_server_socket_server_metrics_connection_count{{{IN}}})",
                f"{HOST} {{{{listener}}}}",
            )
        ],
    ),
    Graph(
        "Failed logins",
        "ops",
        [
            Query(
                "sum by (deployment_region, instance, listener)"
                f" ({rate('kafka_server_socket_server_metrics_failed_authentication_total')})",
                f"{HOST} {{{{listener}}}}",
            )
        ],
    ),
]
MACHINES = [
    Graph("Log disk, free", "percentunit", [Query(f"instance:kafka_log_disk:avail_ratio{{{IN}}}", HOST)]),
    Graph(
        "Log directories offline",
        "none",
        [Query(f"kafka_log_logmanager_logdirectoryoffline{{{IN}}}", f"{HOST} {{{{logdirectory}}}}")],
    ),
    Graph(
        "Heap used", "percentunit", [Query(f"jvm_memory_used_bytes{{{HEAP}}} / jvm_memory_max_bytes{{{HEAP}}}", HOST)]
    ),
    Graph(
        "Garbage collection",
        "percentunit",
        [Query(f"sum by (deployment_region, instance) ({rate('jvm_gc_collection_seconds_sum', JMX)})", HOST)],
    ),
]
ZOOKEEPER = [
    Graph(
        "Followers in sync",
        "none",
        [Query(f'synced_followers{{{IN},job="zookeeper"}}', HOST)],
        "The leader alone says so.",
    ),
    Graph(
        "Mean times",
        "ms",
        [Query(mean("updatelatency"), f"{HOST} update"), Query(mean("fsynctime"), f"{HOST} fsync")],
    ),
    Graph("Requests waiting", "none", [Query(f'outstanding_requests{{{IN},job="zookeeper"}}', HOST)]),
    Graph(
        "As brokers see it, 99 %",
        "ms",
        [Query(f'kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms{{{IN},quantile="0.99"}}', HOST)],
    ),
]


def dashboard() -> Dashboard:
    """Return the dashboard that alerts link to as /d/kafka."""
    rows: dict[str, Sequence[Figure | Graph]] = {
        "Now": STATE,
        "Brokers": BROKERS,
        "Replicas": REPLICAS,
        "Throughput": THROUGHPUT,
        "Latency": LATENCY,
        "Clients": CLIENTS,
        "Machines": MACHINES,
        "ZooKeeper": ZOOKEEPER,
    }
    return board("kafka", "Kafka", "kafka_server_kafkaserver_brokerstate", rows)
