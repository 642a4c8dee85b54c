# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replicas are moved: throttled, watched, and cleaned up after, whatever happens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connection.connect says so
    from confluent_kafka import ElectionType, KafkaError, KafkaException, TopicPartition

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import shortened, view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.reassignments import begin, cancel, ongoing
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.second_client import is_passing, second_client
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.settings import (
    alter,
    broker_settings,
    topic_settings,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import Move, cleared, marks, rates

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

ASKED_EVERY = 0.5


@dataclass(frozen=True)
class Terms:
    """How moves are done: bytes a second of each broker (0: no throttle), partitions at once, seconds in all."""

    throttle: int
    batch: int
    within: float
    wait: bool = True


def move(
    client: AdminClient, connection: Connection, moves: Sequence[Move], terms: Terms, report: Callable[[str], None]
) -> None:
    """Do the moves batch by batch, and give the moved partitions their preferred leaders.

    Without terms.wait all moves are begun at once, and the throttle stays for the run that finds them done.
    Raises Failure where they are refused or not done in time; what is not done then is cancelled.
    """
    deadline = time.monotonic() + terms.within
    size = terms.batch if terms.wait else len(moves)
    with second_client(connection) as second:
        for start in range(0, len(moves), max(size, 1)):
            batch = moves[start : start + size]
            with _throttled(client, batch, terms, connection.timeout):
                try:
                    begin(second, batch)
                    if terms.wait:
                        watch(second, batch, deadline, report, f"{start} of {len(moves)} partitions were moved before")
                except BaseException:
                    cancel(second, batch)
                    raise
    if terms.wait:
        elect(client, moves, connection.timeout)


def watch(second: Any, batch: Iterable[Move], deadline: float, report: Callable[[str], None], before: str = "") -> None:
    """Return when the controller has finished the batch. Raises Failure after ``deadline`` (time.monotonic)."""
    left = sorted(batch)
    waiting = {item.name for item in left}
    reported = len(left) + 1
    while left:
        try:
            left = sorted(item for item in ongoing(second) if item.name in waiting)
        except Exception as error:
            if not is_passing(error):
                raise
        if left and len(left) < reported:
            reported = len(left)
            report(f"{reported} partitions are moving" + (f", {before}" if before else ""))
        if left and time.monotonic() > deadline:
            raise Failure(
                f"{len(left)} partitions were not moved in time and stay where they were: "
                f"{shortened(item.name for item in left)}; raise throttle or the time that moves may take"
            )
        time.sleep(ASKED_EVERY if left else 0)


def lift(client: AdminClient, topics: Iterable[str], brokers: Iterable[int], timeout: float) -> None:
    """Take every throttle from these topics and brokers. Raises the client's exceptions."""
    wanted: dict[tuple[str, str], Mapping[str, str | None]] = {}
    for topic, settings in topic_settings(client, topics, timeout).items():
        wanted["topic", topic] = cleared(settings.own)
    for broker, settings in broker_settings(client, brokers, timeout).items():
        wanted["broker", str(broker)] = cleared(settings.own)
    alter(client, {resource: changes for resource, changes in wanted.items() if changes}, timeout)


def elect(client: AdminClient, moves: Iterable[Move], timeout: float) -> None:
    """Make the first replica of each moved partition its leader; that it is already is well, too."""
    partitions = [TopicPartition(item.topic, item.number) for item in moves]
    if not partitions:
        return
    # confluent-kafka 2.16.1 cannot take request_timeout here: its argument parser fails with a SystemError.
    answers = client.elect_leaders(ElectionType.PREFERRED, partitions).result(timeout)
    wrong = [
        f"{item.topic}-{item.partition}: {error.str()}"
        for item, error in answers.items()
        if error is not None and error.code() != KafkaError.ELECTION_NOT_NEEDED
    ]
    if wrong:
        raise Failure(f"replicas were moved, and partitions have no preferred leader: {shortened(wrong)}")


@contextlib.contextmanager
def _throttled(client: AdminClient, batch: Sequence[Move], terms: Terms, timeout: float) -> Iterator[None]:
    """Marks and rates hold inside, and are gone outside (unless nobody waits, when they have to stay)."""
    alive = set(view(client, timeout).brokers)
    involved = {broker for item in batch if item.adding for broker in (*item.before, *item.after)} & alive
    marked = marks(batch) if terms.throttle else {}
    if not marked:
        yield
        return
    done = False
    try:
        alter(
            client,
            {
                **{("broker", str(broker)): rates(terms.throttle) for broker in involved},
                **{("topic", topic): config for topic, config in marked.items()},
            },
            timeout,
        )
        yield
        done = True
    finally:
        if terms.wait or not done:
            with contextlib.suppress(KafkaException) if not done else contextlib.nullcontext():
                lift(client, marked, set(view(client, timeout).brokers) & involved, timeout)
