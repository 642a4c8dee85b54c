# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The producer: a steady stream of numbered records, acknowledged by all in-sync replicas."""

from __future__ import annotations

import functools
import time
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from monitoring_agents.traffic.account import Acknowledgements
from monitoring_agents.traffic.record import encode

MESSAGE_TIMEOUT_SECONDS = 120  # outlives the loss of a broker, and of its successor
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "max.in.flight.requests.per.connection": 5,
    "message.timeout.ms": MESSAGE_TIMEOUT_SECONDS * 1000,
    # What an outage of that length holds back, at ten times the usual rate.
    "queue.buffering.max.messages": 1_200_000,
}


class NumberedProducer:
    """Sends records in turn to all ``partitions`` of ``topic``, so that none is idle when its leader goes."""

    def __init__(self, settings: dict[str, Any], topic: str, partitions: int, run: str, size: int) -> None:
        self.account = Acknowledgements()
        self._topic, self._partitions, self._run, self._size = topic, partitions, run, size
        self._client = Producer(settings | SETTINGS | {"error_cb": self._on_error})

    def run_to(self, total: int, seconds: float) -> None:
        """Send until ``total`` records are sent or ``seconds`` are over; serve acknowledgements."""
        deadline = time.monotonic() + seconds
        while self.account.produced < total and time.monotonic() < deadline:
            self._send()
        self._client.poll(max(0.0, deadline - time.monotonic()))

    def drain(self, seconds: float) -> int:
        """Wait for the acknowledgements that are still to come; return how many did not."""
        left = self._client.flush(seconds)
        if left:
            self.account.close_gap(time.time())
            self.account.errors["NOT_ACKNOWLEDGED"] += left
        return left

    def _send(self) -> None:
        now = time.time()
        number = self.account.sent(now)
        value = encode(self._run, number, self._size)
        while True:
            try:
                self._client.produce(
                    self._topic,
                    value,
                    partition=number % self._partitions,
                    on_delivery=functools.partial(self._on_delivery, number, now),
                )
            except BufferError:  # the queue is full: records wait for a broker
                self._client.poll(0.1)
            else:
                break
        self._client.poll(0)

    def _on_delivery(self, number: int, sent: float, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.account.acknowledged(number, sent, time.time())
        else:
            self.account.errors[error.name()] += 1

    def _on_error(self, error: KafkaError) -> None:
        """Count what ends the producer; all else it goes through by itself."""
        if error.fatal():
            self.account.errors[error.name()] += 1
