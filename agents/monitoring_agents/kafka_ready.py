# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readiness of one broker: exit 0 and one line when it serves as it should, exit 1 and what is wrong otherwise.

The login needs DESCRIBE on all topics (those it cannot see are not judged) and DESCRIBE_CONFIGS on the cluster;
``broker``, a super user, has both.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from monitoring_agents.client import ClientErrors, client_settings
from monitoring_agents.failures import Failure
from monitoring_agents.readiness import Cluster, Partition, Verdict, judge

# How long one question may keep the reason of a failure waiting.
_SLICE_SECONDS = 0.2


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="kafka_ready", description="Whether a broker serves as it should.")
    top.add_argument("--config", type=Path, required=True, metavar="FILE", help="JSON of librdkafka's settings")
    top.add_argument("--broker", type=int, required=True, metavar="ID", help="the broker's id")
    top.add_argument("--bootstrap", metavar="HOST:PORT", help="this broker's address (default: as the file says)")
    top.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS", help="for all questions (default 5)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 when the broker is ready."""
    options = parser().parse_args(arguments)
    overrides = {"bootstrap_servers": options.bootstrap} if options.bootstrap else {}
    try:
        settings = client_settings(options.config, **overrides)
        verdict = judge(options.broker, _ask(settings, options.broker, time.monotonic() + options.timeout))
    except Failure as failure:
        verdict = Verdict(False, f"broker {options.broker}: {failure}")
    sys.stdout.write(f"{verdict.line}\n")
    return 0 if verdict.ready else 1


def _ask(settings: dict[str, Any], broker: int, deadline: float) -> Cluster:
    """Return the cluster's view, after ``broker`` itself answered; raise Failure with the reason otherwise."""
    errors = ClientErrors(settings.get("sasl.username", ""))
    try:
        client = AdminClient(settings | {"error_cb": errors, "reconnect.backoff.ms": 250})
    except KafkaException as error:
        raise Failure(f"client configuration is refused: {error.args[0].str()}") from error
    cluster = _metadata(client, errors, deadline)
    if broker in cluster.brokers:
        _answers_itself(client, errors, broker, deadline)
    return cluster


def _metadata(client: AdminClient, errors: ClientErrors, deadline: float) -> Cluster:
    """Ask for all topics until an answer comes, TLS or login is refused, or the time is over."""
    while True:
        left = deadline - time.monotonic()
        try:
            return _cluster(client.list_topics(timeout=max(0.01, min(_SLICE_SECONDS, left))))
        except KafkaException:
            client.poll(0)
            if errors.final or left <= _SLICE_SECONDS:
                raise Failure(errors.reason("no answer within the time-out")) from None


def _answers_itself(client: AdminClient, errors: ClientErrors, broker: int, deadline: float) -> None:
    """Ask for the broker's own configuration: librdkafka takes metadata from any broker, this only from that one."""
    left = max(0.1, deadline - time.monotonic())
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
    (answer,) = client.describe_configs([resource], request_timeout=left).values()
    try:
        answer.result(timeout=left + 1)
    except KafkaException as error:
        if error.args[0].name() == "CLUSTER_AUTHORIZATION_FAILED":
            # Without it the login hardly sees all topics, and a broker would be called ready for want of sight.
            raise Failure("the login lacks DESCRIBE_CONFIGS on the cluster") from error
        client.poll(0)
        raise Failure(errors.reason(f"registered, but does not answer: {error.args[0].str()}")) from error
    except TimeoutError as error:
        raise Failure(errors.reason("registered, but does not answer")) from error


def _cluster(metadata: Any) -> Cluster:
    """Return confluent_kafka's ClusterMetadata as a value."""
    return Cluster(
        brokers=frozenset(metadata.brokers),
        controller=metadata.controller_id,
        partitions=tuple(
            Partition(topic, number, partition.leader, frozenset(partition.replicas), frozenset(partition.isrs))
            for topic, found in metadata.topics.items()
            for number, partition in found.partitions.items()
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
