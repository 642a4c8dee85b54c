# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a topic ends."""

from __future__ import annotations

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from monitoring_agents.failures import Failure

_ANSWER_SECONDS = 10.0


def end_offsets(client: AdminClient, topic: str) -> dict[int, int]:
    """Return the offset of the next record of each partition of ``topic``.

    Not asked of a consumer that reads: its question waits behind its fetches. Raises Failure without an answer.
    """
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    try:
        found = client.list_topics(topic, timeout=_ANSWER_SECONDS).topics[topic]
        if found.error is not None:
            raise Failure(f"topic {topic}: {found.error.str()}")
        asked = {TopicPartition(topic, number): latest for number in found.partitions}
        answers = client.list_offsets(asked, request_timeout=_ANSWER_SECONDS)
        return {place.partition: answer.result(_ANSWER_SECONDS + 1).offset for place, answer in answers.items()}
    except KafkaException as error:
        raise Failure(f"topic {topic}: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise Failure(f"topic {topic}: no answer in time") from error
