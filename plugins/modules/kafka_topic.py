#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_topic
short_description: Topics of a Kafka cluster are as declared
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Makes topics, adds partitions, sets configuration and changes the replication factor.
  - Refuses what cannot be and what would lose data, all of it at once and with the reasons, before anything is changed.
  - Another replication factor is reached by moving replicas under a throttle, over racks, to the brokers with the
    fewest replicas. Which broker holds which partition is otherwise left alone; that is what
    M(selfhosted.monitoring.kafka_reassignment) is for.
  - Returns when new topics have leaders.
requirements:
  - kafka-python >= 3.0 where a replication factor changes
attributes:
  check_mode:
    description: Lists the topics, has the brokers validate what would be done, and says what would change.
    support: full
  diff_mode:
    description: Shows partitions, replication factor and configuration of the topics that change.
    support: full
options:
  topics:
    description: The topics. Others are left alone.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the topic.
        type: str
        required: true
      partitions:
        description: Count of partitions, which only grows. By default the brokers' default for a new topic.
        type: int
      replication_factor:
        description: Replicas of each partition. By default the brokers' default for a new topic.
        type: int
      config:
        description: Configuration of the topic. Values are compared as text.
        type: dict
        default: {}
      state:
        description: Whether the topic is there.
        type: str
        choices: [present, absent]
        default: present
  name:
    description: Name of the topic, where it is only one. The next options are then its own.
    type: str
  partitions:
    description: As in O(topics).
    type: int
  replication_factor:
    description: As in O(topics).
    type: int
  config:
    description: As in O(topics).
    type: dict
    default: {}
  state:
    description: As in O(topics).
    type: str
    choices: [present, absent]
    default: present
  partitions_at_least:
    description:
      - Whether a topic may have more partitions than declared. Otherwise that is refused, since partitions cannot be
        taken away.
    type: bool
    default: false
  purge_config:
    description: Whether keys that are set on a topic and not declared go back to their default.
    type: bool
    default: true
  allow_data_loss:
    description: Whether topics may be deleted, and unclean leader elections allowed.
    type: bool
    default: false
  throttle:
    description: Bytes a second that each broker sends and copies while replicas move. 0 is no throttle.
    type: int
    default: 50000000
  wait:
    description:
      - Whether to wait until replicas have moved. Without it they move on. The throttle stays, and a higher
        C(min.insync.replicas) is not set, until a run with O(wait) sees to it.
    type: bool
    default: true
  move_within:
    description: Seconds that moving replicas may take. What has not moved then is cancelled and the task fails.
    type: int
    default: 3600
extends_documentation_fragment:
  - selfhosted.monitoring.kafka_connection
notes:
  - A partition's replicas count as moved when all of them are in sync.
seealso:
  - module: selfhosted.monitoring.kafka_reassignment
"""

EXAMPLES = r"""
- name: Topics are there
  selfhosted.monitoring.kafka_topic:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    topics:
      - name: monitor.host.cpu
        partitions: 3
        replication_factor: 3
        config: {retention.ms: 86400000, min.insync.replicas: 2}
      - name: monitor.host.disk
        partitions: 3
        replication_factor: 3

- name: A topic of the past is gone, with its records
  selfhosted.monitoring.kafka_topic:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    name: monitor.old
    state: absent
    allow_data_loss: true
"""

RETURN = r"""
created:
  description: Topics that were made.
  type: list
  elements: str
  returned: success
  sample: [monitor.host.cpu]
changed_topics:
  description: Topics that were there and changed.
  type: list
  elements: str
  returned: success
  sample: []
deleted:
  description: Topics that were deleted.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import View, view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection, connect
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.moving import Terms
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.runner import Resource, run
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.settings import (
    broker_settings,
    refused_alterations,
    topic_settings,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.topic_changes import TopicChanges
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.topics import (
    MIN_ISR,
    LiveTopic,
    TopicPlan,
    at_least,
    declared,
    plan,
    refusals,
    require,
)


class Topics(Resource[View, TopicPlan]):
    """Declared topics of a cluster."""

    def __init__(self, module: AnsibleModule, connection: Connection) -> None:
        params = module.params
        one = {key: params[key] for key in ("name", "partitions", "replication_factor", "config", "state")}
        self._topics = declared(params["topics"] if params["topics"] is not None else [one])
        self._params = params
        self._timeout = connection.timeout
        self._client = connect(connection)
        terms = Terms(params["throttle"], batch=100, within=params["move_within"], wait=params["wait"])
        self._changes = TopicChanges(self._client, connection, terms, module.log)

    def read(self) -> View:
        return view(self._client, self._timeout)

    def desired(self, live: View) -> TopicPlan:
        present = self._present(live)
        if self._params["partitions_at_least"]:
            self._topics = at_least(self._topics, present)
        found = refusals(
            self._topics, present, len(live.brokers), self._default_min_isr(live), self._params["allow_data_loss"]
        )
        require(found)
        planned = plan(self._topics, present, self._params["purge_config"], settle=self._params["wait"])
        # The brokers know more reasons than we do: keys that are not, values out of range, names that collide.
        changed = {("topic", topic): config for topic, config in planned.config.items()}
        require([*self._changes.refused(planned), *refused_alterations(self._client, changed, self._timeout)])
        return planned

    def difference(self, plan: TopicPlan) -> Difference:
        return plan.difference

    def apply(self, plan: TopicPlan) -> None:
        self._changes.apply(plan)

    def facts(self, plan: TopicPlan) -> dict[str, Any]:
        return {
            "created": [topic.name for topic in plan.create],
            "changed_topics": sorted({*plan.grow, *plan.config, *plan.resize}),
            "deleted": list(plan.delete),
        }

    def _present(self, live: View) -> dict[str, LiveTopic]:
        names = {topic.name for topic in self._topics}
        found = {name: partitions for name, partitions in live.topics().items() if name in names}
        settings = topic_settings(self._client, found, self._timeout)
        return {
            name: LiveTopic(
                name,
                tuple(partition.replicas for partition in partitions),
                settings[name].own,
                int(settings[name].effective[MIN_ISR]),
            )
            for name, partitions in found.items()
        }

    def _default_min_isr(self, live: View) -> int:
        broker = min(live.brokers)
        return int(broker_settings(self._client, [broker], self._timeout)[broker].effective[MIN_ISR])


def main() -> None:
    topic = {
        "partitions": {"type": "int"},
        "replication_factor": {"type": "int"},
        "config": {"type": "dict", "default": {}},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    named = {"name": {"type": "str", "required": True}, **topic}
    run(
        Topics,
        {
            "topics": {"type": "list", "elements": "dict", "options": named},
            "name": {"type": "str"},
            **topic,
            "partitions_at_least": {"type": "bool", "default": False},
            "purge_config": {"type": "bool", "default": True},
            "allow_data_loss": {"type": "bool", "default": False},
            "throttle": {"type": "int", "default": 50000000},
            "wait": {"type": "bool", "default": True},
            "move_within": {"type": "int", "default": 3600},
        },
        mutually_exclusive=[("topics", "name")],
        required_one_of=[("topics", "name")],
    )


if __name__ == "__main__":
    main()
