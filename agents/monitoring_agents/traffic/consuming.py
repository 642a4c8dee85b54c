# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The consumer: a group of one that reads what the run writes, from where the topic ended before it."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from monitoring_agents.failures import Failure
from monitoring_agents.traffic.account import Consumption
from monitoring_agents.traffic.ends import end_offsets
from monitoring_agents.traffic.record import decode

_STOP_SECONDS = 10.0


class GroupConsumer:
    """Reads ``topic`` in a thread of its own, from ``start`` to ``finish``."""

    def __init__(self, settings: dict[str, Any], topic: str, group: str, run: str) -> None:
        self.account = Consumption()
        self._topic, self._run = topic, run
        self._admin = AdminClient(settings)
        self._client = Consumer(settings | {"group.id": group, "auto.offset.reset": "error"})
        self._targets: dict[int, int] | None = None
        self._next: dict[int, int] = {}
        self._progress = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="consumer", daemon=True)

    def start(self) -> int:
        """Stand at the topic's present ends and begin to read; return how many partitions there are."""
        try:
            self._next = end_offsets(self._admin, self._topic)
            places = [TopicPartition(self._topic, number, end) for number, end in self._next.items()]
            # A group that has committed begins there: no record of earlier runs is read, none of this one missed.
            self._client.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            raise Failure(f"topic {self._topic} cannot be read: {error.args[0].str()}") from error
        partitions = len(self._next)
        self._client.subscribe([self._topic])
        self._thread.start()
        return partitions

    def finish(self, idle_seconds: float) -> bool:
        """Read to the topic's present ends, for as long as records come; return whether they were reached."""
        self._progress = time.monotonic()
        while self._targets is None and time.monotonic() - self._progress < idle_seconds:
            # A cluster that is in trouble when the traffic ends must not cost the account of it.
            with contextlib.suppress(Failure):
                self._targets = end_offsets(self._admin, self._topic)
        self._progress = time.monotonic()
        while self._targets is not None and not self._at_targets() and time.monotonic() - self._progress < idle_seconds:
            time.sleep(0.1)
        self._stop.set()
        self._thread.join(timeout=_STOP_SECONDS)
        self._client.close()
        return self._at_targets()

    def _at_targets(self) -> bool:
        if self._targets is None:
            return False
        return all(self._next.get(partition, 0) >= target for partition, target in self._targets.items())

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._client.poll(0.2)
            if message is None:
                continue
            error = message.error()
            if error is not None:
                self.account.met(error.name())
                continue
            self._progress = time.monotonic()
            partition, offset = message.partition(), message.offset()
            if partition is None or offset is None:  # for the type: a record that was read has both
                continue
            number = decode(self._run, message.value())
            if number is not None:
                self.account.read(partition, offset, number)
            self._next[partition] = max(offset + 1, self._next.get(partition, 0))
