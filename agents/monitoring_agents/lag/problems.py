# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in collections: counted by reason, named in the log once for as long as it lasts."""

from __future__ import annotations

import logging
from collections import Counter

from confluent_kafka import KafkaError, KafkaException

REASONS = ("authentication", "authorization", "configuration", "other", "tls", "timeout", "unavailable")

_NAMED = {
    "_AUTHENTICATION": "authentication",
    "SASL_AUTHENTICATION_FAILED": "authentication",
    "_SSL": "tls",
    "_TIMED_OUT": "timeout",
    "_TIMED_OUT_QUEUE": "timeout",
    "REQUEST_TIMED_OUT": "timeout",
    "_TRANSPORT": "unavailable",
    "_RESOLVE": "unavailable",
    "_ALL_BROKERS_DOWN": "unavailable",
    "BROKER_NOT_AVAILABLE": "unavailable",
    "COORDINATOR_LOAD_IN_PROGRESS": "unavailable",
    "COORDINATOR_NOT_AVAILABLE": "unavailable",
    "LEADER_NOT_AVAILABLE": "unavailable",
    "NOT_COORDINATOR": "unavailable",
    "NOT_LEADER_FOR_PARTITION": "unavailable",
}

logger = logging.getLogger("kafka_lag")


def reason_of(error: KafkaError) -> str:
    """Return the one of REASONS that ``error`` belongs to."""
    name = error.name()
    if name.endswith("_AUTHORIZATION_FAILED"):
        return "authorization"
    return _NAMED.get(name, "other")


class Problems:
    """The problems of the collections so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._said: set[str] = set()
        self._met: set[str] = set()

    def met(self, reason: str, text: str) -> None:
        """Count a problem; log ``text`` unless the collection before met the same."""
        self.counts[reason] += 1
        if text not in self._said | self._met:
            logger.warning("%s", text)
        self._met.add(text)

    def met_error(self, what: str, problem: KafkaException | TimeoutError) -> None:
        """Count what Kafka or the clock said of ``what``."""
        if isinstance(problem, TimeoutError):
            self.met("timeout", f"{what}: no answer in time")
            return
        error = problem.args[0]
        self.met(reason_of(error), f"{what}: {error.str()}")

    def end_collection(self) -> None:
        """Forget what did not come again, so that its return is news."""
        self._said, self._met = self._met, set()
