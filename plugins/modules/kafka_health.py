#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_health
short_description: A Kafka cluster is healthy, or what is wrong is named
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Waits until the expected brokers are registered and answer, all of them name one controller, and every partition
    has a leader and all its replicas in sync, at least as many as it needs to be written.
  - Asks every broker, not only one, since a broker that just started may not know yet what the others know.
  - Fails after O(timeout) with everything that is wrong, partitions and brokers by name.
  - Changes nothing. It is the gate before and after each step of a rolling change.
attributes:
  check_mode:
    description: Asks once and does not wait.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference.
    support: none
options:
  brokers:
    description: Ids of the brokers that must be registered. Others may be.
    type: list
    elements: int
    default: []
  without:
    description:
      - Ids of brokers that are down, or about to be stopped.
      - They need not be registered, and what they alone lack is not counted. Every partition must have enough
        replicas in sync without them. So the answer says whether they may be stopped.
    type: list
    elements: int
    default: []
  min_isr:
    description: Replicas in sync that every partition needs. By default the topic's own C(min.insync.replicas).
    type: int
extends_documentation_fragment:
  - selfhosted.monitoring.kafka_connection
"""

EXAMPLES = r"""
- name: The cluster is whole after the restart
  selfhosted.monitoring.kafka_health:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    brokers: [1, 2, 3]
    timeout: 300

- name: Broker 2 may be stopped
  selfhosted.monitoring.kafka_health:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    brokers: [1, 2, 3]
    without: [2]
"""

RETURN = r"""
controller:
  description: Id of the broker that is the controller.
  type: int
  returned: success
  sample: 3
brokers:
  description: Ids of the registered brokers.
  type: list
  elements: int
  returned: success
  sample: [1, 2, 3]
topics:
  description: How many topics there are.
  type: int
  returned: success
  sample: 12
partitions:
  description: How many partitions there are.
  type: int
  returned: success
  sample: 57
waited:
  description: Seconds until the cluster was healthy.
  type: float
  returned: success
  sample: 4.2
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import View, view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import (
    Connection,
    LoginRefused,
    connect,
    explain,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.health import (
    Expectation,
    problems,
    reference,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.runner import Resource, run
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.settings import topic_settings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

ASKED_EVERY = 1.0
ONE_BROKER_MAY_TAKE = 5.0


@dataclass(frozen=True)
class Healthy:
    """The cluster as it was when nothing was wrong with it."""

    view: View
    waited: float


class Health(Resource[Healthy, Healthy]):
    """The state of a cluster, which is read and never changed."""

    def __init__(self, module: AnsibleModule, connection: Connection) -> None:
        params = module.params
        self._connection = connection
        self._within = 0 if module.check_mode else connection.timeout
        self._expected = Expectation(frozenset(params["brokers"]), frozenset(params["without"]), params["min_isr"])

    def read(self) -> Healthy:
        began = time.monotonic()
        while True:
            views, wrong = self._ask()
            waited = time.monotonic() - began
            if not wrong:
                return Healthy(reference(views), waited)
            if waited >= self._within:
                raise Failure(f"the cluster is not healthy after {waited:.0f} s: {'; '.join(wrong)}")
            time.sleep(ASKED_EVERY)

    def desired(self, live: Healthy) -> Healthy:
        return live

    def difference(self, plan: Healthy) -> Difference:  # noqa: ARG002 - nothing ever differs
        return Difference("cluster")

    def apply(self, plan: Healthy) -> None:
        """Nothing ever differs."""

    def facts(self, plan: Healthy) -> dict[str, Any]:
        return {
            "msg": "healthy",
            "controller": plan.view.controller,
            "brokers": sorted(plan.view.brokers),
            "topics": len(plan.view.topics()),
            "partitions": len(plan.view.partitions),
            "waited": round(plan.waited, 1),
        }

    def _ask(self) -> tuple[dict[int, View], list[str]]:
        """Every broker's view, and what is wrong; a login that is refused fails at once, waiting does not help it."""
        try:
            client = connect(self._connection, min(ONE_BROKER_MAY_TAKE, self._connection.timeout))
            views = self._views(view(client, ONE_BROKER_MAY_TAKE).brokers)
            return views, problems(views, self._expected, self._min_insync(client, views))
        except LoginRefused:
            raise
        except Failure as silence:
            return {}, [str(silence)]
        except Exception as error:  # the client's errors have no common base but this one
            return {}, [explain(error)]

    def _views(self, brokers: dict[int, str]) -> dict[int, View]:
        def asked(address: str) -> View | None:
            # A client that knows one broker only asks that one.
            try:
                return view(connect(self._connection.to_broker(address), ONE_BROKER_MAY_TAKE), ONE_BROKER_MAY_TAKE)
            except LoginRefused:
                raise
            except Exception:  # the pure part names it as not answering
                return None

        with ThreadPoolExecutor(8) as threads:
            calls = {broker: threads.submit(asked, address) for broker, address in brokers.items()}
        answers = {broker: call.result() for broker, call in calls.items()}
        return {broker: answer for broker, answer in answers.items() if answer is not None}

    def _min_insync(self, client: AdminClient, views: dict[int, View]) -> dict[str, int]:
        if self._expected.min_isr is not None or not views:
            return {}
        found = topic_settings(client, reference(views).topics(), ONE_BROKER_MAY_TAKE)
        return {topic: int(settings.effective["min.insync.replicas"]) for topic, settings in found.items()}


def main() -> None:
    run(
        Health,
        {
            "brokers": {"type": "list", "elements": "int", "default": []},
            "without": {"type": "list", "elements": "int", "default": []},
            "min_isr": {"type": "int"},
        },
    )


if __name__ == "__main__":
    main()
