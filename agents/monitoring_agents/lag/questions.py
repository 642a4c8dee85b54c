# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collection asks Kafka, in values: every answer is bounded in time, every error has its reason counted."""

from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from monitoring_agents.client import ClientErrors
from monitoring_agents.failures import Failure
from monitoring_agents.lag.coordinator import coordinated_by
from monitoring_agents.lag.lag import Bounds, Group
from monitoring_agents.lag.problems import Problem, Problems, reason_of

OFFSETS_TOPIC = "__consumer_offsets"

Place = tuple[str, int]  # a topic and a number of a partition
_Key = TypeVar("_Key")


class Questions:
    """Questions to one cluster, each answered within ``seconds``."""

    def __init__(self, client: AdminClient, errors: ClientErrors, problems: Problems, seconds: float) -> None:
        self._client, self._errors, self._problems, self._seconds = client, errors, problems, seconds

    def leaders(self) -> dict[str, dict[int, int]]:
        """Return the leaders of all partitions, by topic and number. Raises Failure if no broker answers."""
        self._errors.forget()
        try:
            found = self._client.list_topics(timeout=self._seconds)
        except KafkaException as error:
            raise self._failure(f"no metadata: {error.args[0].str()}", error.args[0].name()) from error
        return {
            topic: {number: partition.leader for number, partition in metadata.partitions.items()}
            for topic, metadata in found.topics.items()
        }

    def groups(self, wanted: re.Pattern[str], broker: int | None, leaders: Mapping[int, int]) -> list[Group]:
        """Return the groups that ``wanted`` matches, and that ``broker`` coordinates (None: all)."""
        try:
            listed = self._client.list_consumer_groups(request_timeout=self._seconds).result(self._seconds + 1)
        except (KafkaException, TimeoutError) as error:
            name = error.args[0].name() if isinstance(error, KafkaException) else "_TIMED_OUT"
            raise self._failure("the groups cannot be listed", name) from error
        self._problems.met_errors("list of groups", [("at one broker", error) for error in listed.errors])
        names = [group.group_id for group in listed.valid if wanted.fullmatch(group.group_id)]
        if broker is not None and names and not leaders:
            raise self._failure(
                f"no right to DESCRIBE topic {OFFSETS_TOPIC}, which tells each group's coordinator",
                "TOPIC_AUTHORIZATION_FAILED",
            )
        own = names if broker is None else coordinated_by(broker, names, leaders)
        if not own:
            return []
        answers = self._client.describe_consumer_groups(own, request_timeout=self._seconds)
        return [
            Group(name, len(described.members))
            for name, described in self._answers("group", answers).items()
            # A coordinator that has just moved reports the group itself.
            if broker is None or described.coordinator is None or described.coordinator.id == broker
        ]

    def committed(self, groups: Iterable[Group]) -> dict[str, dict[Place, int]]:
        """Return the committed offsets of ``groups``."""
        asked: dict[str, concurrent.futures.Future[Any]] = {}
        for group in groups:
            request = [ConsumerGroupTopicPartitions(group.name)]  # librdkafka takes one group in a request
            asked |= self._client.list_consumer_group_offsets(request, request_timeout=self._seconds)
        return {
            name: {
                (one.topic, one.partition): one.offset
                for one in answer.topic_partitions or ()
                if one.offset >= 0 and one.error is None
            }
            for name, answer in self._answers("offsets of group", asked).items()
        }

    def bounds(self, places: Collection[Place]) -> dict[Place, Bounds]:
        """Return where the partitions ``places`` start and end."""
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        starts = self._offsets(dict.fromkeys(places, earliest))
        ends = self._offsets(dict.fromkeys(places, latest))
        return {
            place: Bounds(starts[place][0], ends[place][0]) for place in places if place in starts and place in ends
        }

    def first_records(self, times: Mapping[Place, float]) -> dict[Place, tuple[int, float] | None]:
        """Return offset and time of the first record that is not older than asked; None where all are older."""
        asked = {place: OffsetSpec.for_timestamp(max(0, int(time * 1000))) for place, time in times.items()}
        return {
            place: (offset, milliseconds / 1000) if offset >= 0 else None
            for place, (offset, milliseconds) in self._offsets(asked).items()
        }

    def _failure(self, text: str, name: str) -> Failure:
        """Log and count what ends a collection: the client's own error tells more than that a request failed."""
        self._client.poll(0)
        failure = Failure(self._errors.reason(text))
        self._problems.met(reason_of(self._errors.name or name), str(failure))
        return failure

    def _offsets(self, specs: Mapping[Place, OffsetSpec]) -> dict[Place, tuple[int, int]]:
        if not specs:
            return {}
        request = {TopicPartition(*place): spec for place, spec in specs.items()}
        answers = self._client.list_offsets(request, request_timeout=self._seconds)
        keyed = {(one.topic, one.partition): future for one, future in answers.items()}
        return {place: (found.offset, found.timestamp) for place, found in self._answers("offsets of", keyed).items()}

    def _answers(self, what: str, asked: Mapping[_Key, concurrent.futures.Future[Any]]) -> dict[_Key, Any]:
        """Wait for all; return those that came, count the others."""
        concurrent.futures.wait(asked.values(), timeout=self._seconds + 1)
        came: dict[_Key, Any] = {}
        failed: list[tuple[str, Problem]] = []
        for key, answer in asked.items():
            try:
                came[key] = answer.result(timeout=0)
            except (KafkaException, TimeoutError) as error:
                failed.append((f"{key[0]}-{key[1]}" if isinstance(key, tuple) else str(key), error))
        self._problems.met_errors(what, failed)
        return came
