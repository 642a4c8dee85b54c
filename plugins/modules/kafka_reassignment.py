#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_reassignment
short_description: Exactly the given brokers hold the partitions of a Kafka cluster, evenly
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Moves replicas so that the given brokers, and no others, hold all partitions.
  - A broker that was added gets its share. One that is no longer named is emptied, after which it may go.
  - Replicas of a partition lie in as many racks as there are. Brokers hold as many replicas, and lead as many
    partitions, as each other, or one more, where racks allow it. No more is copied than that takes.
  - Moves are made in batches and under a throttle, which is taken away afterwards, on failure as well.
  - Moves that an earlier run left, when it was killed, are finished where they lead to the given brokers and
    stopped where they do not; what it left of its throttle is removed.
  - Progress is in the system log of the machine that runs the module.
requirements:
  - kafka-python >= 3.0
attributes:
  check_mode:
    description: Says which moves would be made.
    support: full
  diff_mode:
    description: Shows the replicas of the partitions that move, a line each.
    support: full
options:
  brokers:
    description: The brokers that hold everything afterwards. All have to be alive.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the broker.
        type: int
        required: true
      rack:
        description: Its rack. Where it is given it has to be the one that the broker itself has.
        type: str
  throttle:
    description: Bytes a second that each broker sends and copies while replicas move. 0 is no throttle.
    type: int
    default: 50000000
  batch:
    description: Partitions that move at once.
    type: int
    default: 20
  move_within:
    description: Seconds that all moves may take. What has not moved then stays where it was and the task fails.
    type: int
    default: 86400
extends_documentation_fragment:
  - selfhosted.monitoring.kafka_connection
notes:
  - A throttle has to be above what the moved partitions are written with, or they never catch up.
seealso:
  - module: selfhosted.monitoring.kafka_topic
"""

EXAMPLES = r"""
- name: Broker 4 has its share
  selfhosted.monitoring.kafka_reassignment:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    brokers: [{id: 1}, {id: 2}, {id: 3}, {id: 4}]
    throttle: 20000000

- name: Broker 1 holds nothing and may go
  selfhosted.monitoring.kafka_reassignment:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    brokers: [{id: 2}, {id: 3}, {id: 4}]
"""

RETURN = r"""
moves:
  description: Partitions whose replicas changed, before and after. The first replica is the preferred leader.
  type: list
  elements: str
  returned: success
  sample: ["monitor.host.cpu-0: 1,2,3 -> 4,2,3"]
copied:
  description: How many replicas were copied. Where only the preferred leader changed nothing is.
  type: int
  returned: success
  sample: 1
resumed:
  description: Moves of an earlier run that were finished.
  type: list
  elements: str
  returned: success
  sample: []
stopped:
  description: Moves of an earlier run that were stopped.
  type: list
  elements: str
  returned: success
  sample: []
brokers:
  description: How many replicas each broker holds, and how many partitions it leads by preference.
  type: list
  elements: dict
  returned: success
  sample: [{"id": 2, "replicas": 19, "leaders": 6}]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import racks, view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection, connect
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.moving import Terms, elect, lift, move, watch
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.reassignments import cancel, ongoing
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.relocation import (
    LiveReplicas,
    MovePlan,
    counts,
    plan,
    targets,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.runner import Resource, run
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.second_client import second_client
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.settings import (
    alter,
    broker_settings,
    topic_settings,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.throttles import cleared, rates


class Replicas(Resource[LiveReplicas, MovePlan]):
    """Where the replicas of a cluster lie."""

    def __init__(self, module: AnsibleModule, connection: Connection) -> None:
        params = module.params
        if params["throttle"] < 0 or params["batch"] < 1:
            raise Failure("throttle is 0 or more bytes a second, batch 1 or more partitions")
        self._declared = params["brokers"]
        self._terms = Terms(params["throttle"], params["batch"], params["move_within"])
        self._report = module.log
        self._connection = connection
        self._timeout = connection.timeout
        self._client = connect(connection)

    def read(self) -> LiveReplicas:
        live = view(self._client, self._timeout)
        topics = topic_settings(self._client, live.topics(), self._timeout)
        brokers = broker_settings(self._client, live.brokers, self._timeout)
        with second_client(self._connection) as second:
            moving = tuple(ongoing(second))
        return LiveReplicas(
            live,
            racks(self._client, self._timeout),
            moving,
            tuple(sorted(topic for topic, settings in topics.items() if cleared(settings.own))),
            tuple(sorted(broker for broker, settings in brokers.items() if cleared(settings.own))),
        )

    def desired(self, live: LiveReplicas) -> MovePlan:
        return plan(live, targets(self._declared, live.racks))

    def difference(self, plan: MovePlan) -> Difference:
        return plan.difference

    def apply(self, plan: MovePlan) -> None:
        began = time.monotonic()
        self._settle(plan, began + self._terms.within)
        move(self._client, self._connection, plan.moves, self._terms, self._report)

    def facts(self, plan: MovePlan) -> dict[str, Any]:
        return {
            "moves": [f"{item.name}: {_ids(item.before)} -> {_ids(item.after)}" for item in plan.moves],
            "copied": sum(len(item.adding) for item in plan.moves),
            "resumed": [item.name for item in plan.finish],
            "stopped": [item.name for item in plan.stop],
            "brokers": counts(plan.layout, [item["id"] for item in self._declared]),
        }

    def _settle(self, plan: MovePlan, deadline: float) -> None:
        """What an earlier run left comes to its end, and its throttle goes, whether or not it does."""
        try:
            if plan.finish and self._terms.throttle:
                rated = {("broker", str(broker)): rates(self._terms.throttle) for broker in plan.rated}
                alter(self._client, rated, self._timeout)
            if plan.stop or plan.finish:
                with second_client(self._connection) as second:
                    cancel(second, plan.stop)
                    watch(second, [*plan.stop, *plan.finish], deadline, self._report)
        finally:
            lift(self._client, plan.marked, plan.rated, self._timeout)
        elect(self._client, [*plan.stop, *plan.finish], self._timeout)


def _ids(brokers: tuple[int, ...]) -> str:
    return ",".join(str(broker) for broker in brokers)


def main() -> None:
    broker = {"id": {"type": "int", "required": True}, "rack": {"type": "str"}}
    run(
        Replicas,
        {
            "brokers": {"type": "list", "elements": "dict", "options": broker, "required": True},
            "throttle": {"type": "int", "default": 50000000},
            "batch": {"type": "int", "default": 20},
            "move_within": {"type": "int", "default": 86400},
        },
    )


if __name__ == "__main__":
    main()
