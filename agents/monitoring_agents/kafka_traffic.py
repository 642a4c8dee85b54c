# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic through a topic, counted record by record: what a fault or a change of the cluster does to applications.

Prints one JSON object. Exit 0 when no acknowledged record was lost, none doubled or out of order and no error seen;
1 otherwise, also when the traffic cannot begin. The login needs on the topic READ, WRITE and DESCRIBE, on the group
prefix kafka-traffic- READ (and DELETE, to take its group away again).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from monitoring_agents.client import client_settings
from monitoring_agents.failures import Failure
from monitoring_agents.traffic.account import report
from monitoring_agents.traffic.consuming import GroupConsumer
from monitoring_agents.traffic.producing import MESSAGE_TIMEOUT_SECONDS, NumberedProducer
from monitoring_agents.traffic.throughput import measure

_BEAT_SECONDS = 0.02
_CLEAN = ("lost", "duplicated", "out_of_order", "errors")


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="kafka_traffic", description="Traffic through a topic, counted by record.")
    top.add_argument("--config", type=Path, required=True, metavar="FILE", help="JSON of librdkafka's settings")
    top.add_argument("--topic", required=True, help="a topic that exists; records of others do not disturb")
    top.add_argument("--rate", type=int, default=1000, metavar="N", help="records a second (default 1000)")
    top.add_argument("--seconds", type=float, metavar="N", help="how long (default: until SIGTERM)")
    top.add_argument("--size", type=int, default=100, metavar="BYTES", help="of a record (default 100)")
    top.add_argument("--idle", type=float, default=60.0, metavar="SECONDS", help="how long reading may stand still")
    top.add_argument("--quiet", action="store_true", help="no status line each second")
    top.add_argument("--throughput", action="store_true", help="as fast as possible instead: MB/s of both ways")
    top.add_argument("--records", type=int, default=100_000, metavar="N", help="of --throughput (default 100000)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = parser().parse_args(arguments)
    try:
        settings = client_settings(options.config)
        found = measure(settings, options.topic, options.records, options.size) if options.throughput else {}
        found = found or _traffic(settings, options)
    except (Failure, KafkaException) as error:
        sys.stderr.write(f"kafka_traffic: {error if isinstance(error, Failure) else error.args[0].str()}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if any(found.get(name) for name in _CLEAN) or not found.get("read_to_end", True) else 0


def _traffic(settings: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run = uuid.uuid4().hex[:12]
    group = f"kafka-traffic-{run}"
    consumer = GroupConsumer(settings, options.topic, group, run)
    producer = NumberedProducer(settings, options.topic, consumer.start(), run, options.size)
    begun = time.time()
    _keep_pace(producer, consumer, options, stop)
    producer.drain(MESSAGE_TIMEOUT_SECONDS + 10)
    read_to_end = consumer.finish(options.idle)
    _delete(settings, group)
    return {
        "run": run,
        "topic": options.topic,
        "seconds": round(time.time() - begun, 1),
        "read_to_end": read_to_end,
        **report(producer.account, consumer.account),
    }


def _keep_pace(
    producer: NumberedProducer, consumer: GroupConsumer, options: argparse.Namespace, stop: threading.Event
) -> None:
    """Send at the rate asked for until the time is over or SIGTERM comes; say each second how it goes."""
    begun = time.monotonic()
    end = begun + options.seconds if options.seconds is not None else float("inf")
    said = 0
    while not stop.is_set() and (now := time.monotonic()) < end:
        producer.run_to(int((now - begun + _BEAT_SECONDS) * options.rate), _BEAT_SECONDS)
        if int(now - begun) > said and not options.quiet:
            said = int(now - begun)
            sent, read = producer.account, consumer.account
            sys.stderr.write(
                f"{said} s: {sent.produced} produced, {sent.total} acknowledged, {read.consumed} consumed, "
                f"longest gap {sent.longest_gap:.1f} s, {sent.errors.total() + read.errors.total()} errors\n"
            )


def _delete(settings: dict[str, Any], group: str) -> None:
    """Take the run's group away, where the login may: lag of a run that is over interests nobody."""
    client = AdminClient(settings)  # held by a name: answers of a client that is gone never come
    for answer in client.delete_consumer_groups([group]).values():
        try:
            answer.result(timeout=10)
        except (KafkaException, TimeoutError) as error:
            sys.stderr.write(f"kafka_traffic: group {group} stays: {error or 'no answer in time'}\n")


if __name__ == "__main__":
    sys.exit(main())
