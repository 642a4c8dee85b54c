# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reassignments of partitions, by kafka-python: librdkafka has no request for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

with contextlib.suppress(ImportError):  # second_client says so
    from kafka import TopicPartition

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import Move


def ongoing(client: Any) -> list[Move]:
    """Moves that the controller has not finished, whoever began them. client: a second_client."""
    # kafka-python asks the controller that it once found for ever, even when that one has died.
    client._controller_id = None
    return [
        Move(
            partition.topic,
            partition.partition,
            tuple(broker for broker in state["replicas"] if broker not in state["adding_replicas"]),
            tuple(broker for broker in state["replicas"] if broker not in state["removing_replicas"]),
        )
        for partition, state in client.list_partition_reassignments().items()
    ]


def begin(client: Any, moves: Iterable[Move]) -> None:
    """Give the moves to the controller. Raises Failure naming every one that it refuses."""
    _alter(client, {TopicPartition(move.topic, move.number): list(move.after) for move in moves}, "refused")


def cancel(client: Any, moves: Iterable[Move]) -> None:
    """Take the partitions back to the replicas they had. One that has finished meanwhile is well, too."""
    wanted = list(moves)
    if not wanted:
        return
    client._controller_id = None
    with contextlib.suppress(Failure):
        _alter(client, {TopicPartition(move.topic, move.number): None for move in wanted}, "not cancelled")


def _alter(client: Any, wanted: dict[Any, list[int] | None], verb: str) -> None:
    answers = client.alter_partition_reassignments(wanted)
    wrong = [f"{item.topic}-{item.partition}: {error.__name__}" for item, error in answers.items() if error]
    if wrong:
        raise Failure(f"moves were {verb}: {', '.join(wrong)}")
