# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus reads: the names of the metrics, and the state that collections leave behind.

The names of the groups' metrics are those of kafka_exporter where it has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring_agents.lag.lag import Snapshot
from monitoring_agents.lag.problems import REASONS, Problems

_PLACE = ("consumergroup", "topic", "partition")


@dataclass
class State:
    """What the last collection left: ``snapshot`` (empty when it failed), ``problem`` ("" when it succeeded).

    ``succeeded`` is the time of the last success (0: none yet), ``seconds`` how long the last collection took.
    """

    problems: Problems
    snapshot: Snapshot = field(default_factory=Snapshot)
    problem: str = "no collection has ended yet"
    succeeded: float = 0.0
    seconds: float = 0.0


class Exposition(Collector):
    """The metrics of ``state``, as they are when Prometheus asks."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        state = self._state
        yield from _lags(state.snapshot)
        up = 0 if state.problem else 1
        yield GaugeMetricFamily("kafka_lag_exporter_up", "Whether the last collection succeeded.", up)
        yield GaugeMetricFamily(
            "kafka_lag_exporter_last_success_timestamp_seconds", "When a collection last succeeded.", state.succeeded
        )
        yield GaugeMetricFamily(
            "kafka_lag_exporter_collection_seconds", "How long the last collection took.", state.seconds
        )
        errors = CounterMetricFamily("kafka_lag_exporter_errors", "Problems met, by reason.", labels=["reason"])
        for reason in REASONS:
            errors.add_metric([reason], state.problems.counts[reason])
        yield errors


def _lags(snapshot: Snapshot) -> Iterator[Metric]:
    records = GaugeMetricFamily("kafka_consumergroup_lag", "Records not consumed yet.", labels=_PLACE)
    seconds = GaugeMetricFamily(
        "kafka_consumergroup_lag_seconds", "Age of the oldest record not consumed yet; 0 without one.", labels=_PLACE
    )
    committed = GaugeMetricFamily(
        "kafka_consumergroup_current_offset", "Offset of the next record to consume, as committed.", labels=_PLACE
    )
    lost = GaugeMetricFamily(
        "kafka_consumergroup_lost_records", "Records that retention deleted before they were consumed.", labels=_PLACE
    )
    members = GaugeMetricFamily("kafka_consumergroup_members", "Members of the group.", labels=("consumergroup",))
    for one in snapshot.lags:
        place = (one.group, one.topic, str(one.partition))
        records.add_metric(place, one.records)
        committed.add_metric(place, one.committed)
        lost.add_metric(place, one.lost)
        if one.seconds is not None:
            seconds.add_metric(place, one.seconds)
    for group in snapshot.groups:
        members.add_metric((group.name,), group.members)
    yield from (records, seconds, committed, lost, members)
