# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast records are produced, and then consumed, over one client's connections."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from monitoring_agents.failures import Failure
from monitoring_agents.traffic.ends import end_offsets

_IDLE_SECONDS = 30.0
_BATCH = 10_000
_SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 20,
    "batch.size": 262_144,
    "queue.buffering.max.messages": 200_000,
}


def measure(settings: dict[str, Any], topic: str, records: int, size: int) -> dict[str, Any]:
    """Produce ``records`` of ``size`` bytes to ``topic``, then consume them; return MB/s (10^6 bytes) of both."""
    reader = Consumer(settings | {"group.id": "kafka-traffic-throughput", "enable.auto.commit": False})
    try:
        starts = end_offsets(AdminClient(settings), topic)
        produced = _produce(Producer(settings | _SETTINGS), topic, records, size)
        reader.assign([TopicPartition(topic, number, offset) for number, offset in starts.items()])
        consumed = _consume(reader, records)
    except KafkaException as error:
        raise Failure(f"throughput of topic {topic}: {error.args[0].str()}") from error
    finally:
        reader.close()
    megabytes = records * size / 1e6
    return {
        "records": records,
        "size": size,
        "partitions": len(starts),
        "produce_seconds": round(produced, 3),
        "produce_mb_per_second": round(megabytes / produced, 2),
        "consume_seconds": round(consumed, 3),
        "consume_mb_per_second": round(megabytes / consumed, 2),
    }


def _produce(client: Producer, topic: str, records: int, size: int) -> float:
    """Return the seconds from the first record to the last acknowledgement."""
    value = os.urandom(size)  # nothing on the way can compress it
    failed: Counter[str] = Counter()

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failed[error.name()] += 1

    begun = time.monotonic()
    for _record in range(records):
        while True:
            try:
                client.produce(topic, value, on_delivery=on_delivery)
            except BufferError:
                client.poll(0.05)
            else:
                break
        client.poll(0)
    left = client.flush()
    seconds = time.monotonic() - begun
    if failed or left:
        raise Failure(f"not all records were acknowledged: {dict(failed) or left}")
    return seconds


def _consume(reader: Consumer, records: int) -> float:
    """Return the seconds from the assignment to the last of ``records``."""
    begun = time.monotonic()
    came, last = 0, begun
    while came < records:
        batch = reader.consume(min(_BATCH, records - came), timeout=0.5)
        came += sum(message.error() is None for message in batch)
        now = time.monotonic()
        if batch:
            last = now
        elif now - last > _IDLE_SECONDS:
            raise Failure(f"only {came} of {records} records came back")
    return last - begun
