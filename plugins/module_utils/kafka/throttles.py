# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The throttle of moving replicas, as configuration of topics and brokers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Kafka, "Limiting Bandwidth Usage during Data Migration": marks on topics say which replicas are throttled
# as leader or follower, rates on brokers by how much. Either without the other does nothing.
LEADER_MARK, FOLLOWER_MARK = "leader.replication.throttled.replicas", "follower.replication.throttled.replicas"
MARKS = (LEADER_MARK, FOLLOWER_MARK)
RATES = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")


@dataclass(frozen=True, order=True)
class Move:
    """A partition's replicas before and after; the first is the preferred leader."""

    topic: str
    number: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def name(self) -> str:
        """As Kafka's logs name the partition."""
        return f"{self.topic}-{self.number}"

    @property
    def adding(self) -> tuple[int, ...]:
        """Brokers that have to copy the partition."""
        return tuple(broker for broker in self.after if broker not in self.before)


def marks(moves: Iterable[Move]) -> dict[str, dict[str, str]]:
    """Configuration of topics under which what is copied by the moves is throttled, and nothing else is."""
    copying = [move for move in moves if move.adding]
    result: dict[str, dict[str, str]] = {}
    for topic in sorted({move.topic for move in copying}):
        own = sorted(move for move in copying if move.topic == topic)
        result[topic] = {
            LEADER_MARK: ",".join(f"{move.number}:{broker}" for move in own for broker in move.before),
            FOLLOWER_MARK: ",".join(f"{move.number}:{broker}" for move in own for broker in move.adding),
        }
    return result


def rates(throttle: int) -> dict[str, str]:
    """Configuration of every broker that sends or copies, bytes a second each."""
    return {key: str(throttle) for key in RATES}


def cleared(config: Mapping[str, str]) -> dict[str, None]:
    """What of a topic's or broker's own configuration has to go back to default."""
    return {key: None for key in (*MARKS, *RATES) if key in config}
