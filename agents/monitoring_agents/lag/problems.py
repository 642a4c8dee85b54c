# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in collections: counted by reason, named in the log once for as long as it lasts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException

REASONS = ("authentication", "authorization", "other", "tls", "timeout", "unavailable")

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
    "FENCED_LEADER_EPOCH": "unavailable",
    "UNKNOWN_LEADER_EPOCH": "unavailable",
    "COORDINATOR_NOT_AVAILABLE": "unavailable",
    "LEADER_NOT_AVAILABLE": "unavailable",
    "NOT_COORDINATOR": "unavailable",
    "NOT_LEADER_FOR_PARTITION": "unavailable",
}

Problem = KafkaError | KafkaException | TimeoutError

logger = logging.getLogger("kafka_lag")


def reason_of(name: str) -> str:
    """Return the one of REASONS that librdkafka's error of that ``name`` belongs to."""
    if name.endswith("_AUTHORIZATION_FAILED"):
        return "authorization"
    return _NAMED.get(name, "other")


def _reason_and_text(problem: Problem) -> tuple[str, str]:
    if isinstance(problem, TimeoutError):
        return "timeout", "no answer in time"
    error = problem.args[0] if isinstance(problem, KafkaException) else problem
    return reason_of(error.name()), error.str()


class Problems:
    """The problems of the collections so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._said: set[str] = set()
        self._met: set[str] = set()

    def met(self, reason: str, text: str) -> None:
        """Count what ended a collection; log ``text`` unless the one before ended for the same reason.

        By reason, since of several brokers that are away each collection names another.
        """
        self.counts[reason] += 1
        self._say(reason, text)

    def met_errors(self, what: str, errors: Iterable[tuple[str, Problem]]) -> None:
        """Count the ``errors``, each with the name of what it befell; log each kind in one line.

        A broker that is away befalls hundreds of partitions at once: the first is named, the others are counted.
        """
        kinds: dict[str, list[str]] = {}
        for name, problem in errors:
            reason, text = _reason_and_text(problem)
            self.counts[reason] += 1
            kinds.setdefault(text, []).append(name)
        for text, names in kinds.items():
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self._say(f"{what}: {text}", f"{what} {min(names)}{others}: {text}")

    def _say(self, kind: str, text: str) -> None:
        if kind not in self._said | self._met:
            logger.warning("%s", text)
        self._met.add(kind)

    def end_collection(self) -> None:
        """Forget what did not come again, so that its return is news."""
        self._said, self._met = self._met, set()
