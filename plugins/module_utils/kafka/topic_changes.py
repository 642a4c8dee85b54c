# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan for topics is carried out, in the order in which each step is safe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connection.connect says so
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import NewPartitions, NewTopic

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import (
    NO_LEADER,
    racks,
    shortened,
    view,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.moving import Terms, lift, move, watch
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.placement import loads, resized
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.reassignments import ongoing
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.second_client import second_client
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.settings import alter
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import Move
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.topics import MIN_ISR, TopicPlan

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient


class TopicChanges:
    """What can be done to topics of one cluster."""

    def __init__(
        self, client: AdminClient, connection: Connection, terms: Terms, report: Callable[[str], None]
    ) -> None:
        self._client = client
        self._connection = connection
        self._timeout = connection.timeout
        self._terms = terms
        self._report = report

    def refused(self, plan: TopicPlan) -> list[str]:
        """What the brokers would not take of new topics and new partitions, with their reasons."""
        return [*self._create(plan, validate_only=True), *self._grow(plan, validate_only=True)]

    def apply(self, plan: TopicPlan) -> None:
        """Do all of it. Raises Failure naming what was refused, or did not hold in time."""
        self._settle(plan.marked)
        refused = [*self._create(plan), *self._grow(plan), *self._delete(plan)]
        # A higher minimum of replicas in sync holds only once there are as many: until then nobody could write.
        moving = {*plan.resize, *plan.marked}
        later = {name: config for name, config in plan.config.items() if name in moving and config.get(MIN_ISR)}
        alter(self._client, self._alterations(plan, set(plan.config) - set(later)), self._timeout)
        if refused:
            raise Failure("; ".join(refused))
        self._await_topics(plan)
        self._resize(plan)
        if self._terms.wait:
            alter(self._client, self._alterations(plan, later), self._timeout)

    def _create(self, plan: TopicPlan, validate_only: bool = False) -> list[str]:
        new = [
            NewTopic(
                topic.name,
                num_partitions=topic.partitions or -1,
                replication_factor=topic.replication_factor or -1,
                config=dict(topic.config),
            )
            for topic in plan.create
        ]
        return _refused(self._client.create_topics(new, validate_only=validate_only) if new else {})

    def _grow(self, plan: TopicPlan, validate_only: bool = False) -> list[str]:
        more = [NewPartitions(name, count) for name, count in plan.grow.items()]
        return _refused(self._client.create_partitions(more, validate_only=validate_only) if more else {})

    def _delete(self, plan: TopicPlan) -> list[str]:
        return _refused(self._client.delete_topics(list(plan.delete)) if plan.delete else {})

    def _alterations(self, plan: TopicPlan, names: Iterable[str]) -> dict[tuple[str, str], Mapping[str, str | None]]:
        return {("topic", name): plan.config[name] for name in sorted(names)}

    def _await_topics(self, plan: TopicPlan) -> None:
        """Return when new topics and partitions have leaders and deleted topics are gone."""
        counts = {**{topic.name: topic.partitions or 1 for topic in plan.create}, **plan.grow}
        deadline = time.monotonic() + self._timeout
        while counts or plan.delete:
            topics = view(self._client, self._timeout).topics()
            led = {
                name: sum(partition.leader != NO_LEADER for partition in partitions)
                for name, partitions in topics.items()
            }
            late = [
                f"{name} ({led.get(name, 0)} of {count})" for name, count in counts.items() if led.get(name, 0) < count
            ]
            there = [name for name in plan.delete if name in topics]
            if not late and not there:
                return
            if time.monotonic() > deadline:
                raise Failure(
                    f"after {self._timeout} s partitions have no leader in topics {shortened(late)}"
                    if late
                    else f"after {self._timeout} s topics are still being deleted: {shortened(there)}"
                )
            time.sleep(0.2)

    def _resize(self, plan: TopicPlan) -> None:
        if not plan.resize:
            return
        live = view(self._client, self._timeout)
        load = loads((partition.replicas for partition in live.partitions), live.brokers)
        alive = racks(self._client, self._timeout)
        moves = []
        for topic, factor in sorted(plan.resize.items()):
            present = {partition.number: partition.replicas for partition in live.topics()[topic]}
            for number, replicas in resized(present, factor, alive, load).items():
                moves.append(Move(topic, number, present[number], replicas))
                load.subtract(present[number])
                load.update(replicas)
        move(self._client, self._connection, moves, self._terms, self._report)

    def _settle(self, marked: Iterable[str]) -> None:
        """Moves of an earlier run that was killed, or did not wait, come to their end; its throttle goes."""
        names = set(marked)
        if not names or not self._terms.wait:
            return  # the moves go on, and their throttle with them
        with second_client(self._connection) as second:
            left = [item for item in ongoing(second) if item.topic in names]
            watch(second, left, time.monotonic() + self._terms.within, self._report)
            others = ongoing(second)
        # Rates are the brokers' and hold for other topics' moves, too.
        lift(self._client, names, () if others else view(self._client, self._timeout).brokers, self._timeout)


def _refused(answers: Mapping[str, Future[Any]]) -> list[str]:
    found = []
    for name, answer in answers.items():
        try:
            answer.result()
        except KafkaException as error:
            found.append(f"topic {name}: {error.args[0].str()}")
    return found
