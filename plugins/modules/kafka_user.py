#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_user
short_description: Users of a Kafka cluster, their passwords and quotas are as declared
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Sets, replaces and deletes SCRAM credentials, and the quotas of users.
  - A user has two slots for a password, one a mechanism. While passwords are rotated both hold, so that clients
    can be moved one by one.
  - Kafka does not give a password back. Whether it is as declared is found out by a login with it, in check mode too.
  - Returns when every broker takes the new passwords. They are in no answer, difference or log.
requirements:
  - kafka-python >= 3.0 where quotas are declared or users removed
attributes:
  check_mode:
    description: Lists the users, tries the declared passwords and says what would change.
    support: full
  diff_mode:
    description: Shows slots and quotas, never a password.
    support: full
options:
  users:
    description: The users.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the user. Its principal in ACLs is C(User:name).
        type: str
        required: true
      password:
        description: Password for SCRAM-SHA-512.
        type: str
      passwords:
        description:
          - Passwords by mechanism, C(SCRAM-SHA-512) and C(SCRAM-SHA-256). A slot that is not declared is deleted.
        type: dict
      quotas:
        description: Quotas of the user on each broker. A key left out is removed; without O(users[].quotas) all stay.
        type: dict
        suboptions:
          producer_byte_rate:
            description: Bytes a second that may be produced.
            type: float
          consumer_byte_rate:
            description: Bytes a second that may be fetched.
            type: float
          request_percentage:
            description: Share of one request thread's time, in percent.
            type: float
      state:
        description: Whether the user is there.
        type: str
        choices: [present, absent]
        default: present
  iterations:
    description: Iterations of the key derivation, 4096 to 16384.
    type: int
    default: 8192
  purge:
    description: Removes all users that are not declared, but those of O(keep).
    type: bool
    default: false
  keep:
    description: Users that O(purge) never removes. The user that logs in is always kept.
    type: list
    elements: str
    default: [broker, admin]
extends_documentation_fragment:
  - selfhosted.monitoring.kafka_connection
notes:
  - The user that logs in needs C(ALTER) and C(DESCRIBE) on the cluster, and C(ALTER_CONFIGS) and C(DESCRIBE_CONFIGS)
    for quotas.
"""

EXAMPLES = r"""
- name: Users are known
  selfhosted.monitoring.kafka_user:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    users:
      - name: relay
        password: "{{ relay_password }}"
        quotas: {producer_byte_rate: 10485760}
      - name: exporter
        password: "{{ exporter_password }}"
    purge: true

- name: The relay's next password holds beside the present one
  selfhosted.monitoring.kafka_user:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    users:
      - name: relay
        passwords:
          SCRAM-SHA-512: "{{ relay_password }}"
          SCRAM-SHA-256: "{{ relay_next_password }}"
"""

RETURN = r"""
set:
  description: Slots whose password was set, user and mechanism each.
  type: list
  elements: str
  returned: success
  sample: ["relay SCRAM-SHA-512"]
removed:
  description: Slots that were deleted, user and mechanism each.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka import credentials
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection, connect
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.quotas import alter_quotas, read_quotas
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.runner import Resource, run
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.second_client import second_client
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.users import (
    LiveUsers,
    UserPlan,
    declared,
    plan,
    undeclared,
)


class Users(Resource[LiveUsers, UserPlan]):
    """Users of a cluster."""

    def __init__(self, module: AnsibleModule, connection: Connection) -> None:
        params = module.params
        self._users = declared(params["users"], params["iterations"])
        self._iterations = params["iterations"]
        self._purge = params["purge"]
        self._keep = {*params["keep"], connection.username}
        self._connection = connection
        self._client = connect(connection)

    def read(self) -> LiveUsers:
        iterations = credentials.iterations_by_user(self._client, self._connection.timeout)
        tried = {
            (user.name, mechanism): password
            for user in self._users
            for mechanism, password in user.passwords.items()
            if mechanism in iterations.get(user.name, {})
        }
        quotas: dict[str, dict[str, float]] = {}
        if self._purge or any(user.quotas is not None for user in self._users):
            with second_client(self._connection) as client:
                quotas = read_quotas(client)
        return LiveUsers(iterations, quotas, credentials.logging_in(self._connection, tried))

    def desired(self, live: LiveUsers) -> UserPlan:
        going = undeclared(self._users, {*live.iterations, *live.quotas}, self._keep) if self._purge else []
        return plan([*self._users, *going], live, self._iterations)

    def difference(self, plan: UserPlan) -> Difference:
        return plan.difference

    def apply(self, plan: UserPlan) -> None:
        # Quotas go first: afterwards the password that this module logs in with may be another.
        if plan.quotas:
            with second_client(self._connection) as client:
                alter_quotas(client, plan.quotas)
        timeout = self._connection.timeout
        brokers = view(self._client, timeout).brokers.values()
        credentials.alter(self._client, plan.passwords, plan.slots, self._iterations, timeout)
        credentials.wait_until_held(self._connection, brokers, plan.passwords, timeout)

    def facts(self, plan: UserPlan) -> dict[str, Any]:
        return {
            "set": sorted(" ".join(slot) for slot in plan.passwords),
            "removed": sorted(" ".join(slot) for slot in plan.slots),
        }


def main() -> None:
    quotas = {key: {"type": "float"} for key in ("producer_byte_rate", "consumer_byte_rate", "request_percentage")}
    user = {
        "name": {"type": "str", "required": True},
        "password": {"type": "str", "no_log": True},
        "passwords": {"type": "dict", "no_log": True},
        "quotas": {"type": "dict", "options": quotas},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    run(
        Users,
        {
            "users": {"type": "list", "elements": "dict", "options": user, "required": True},
            "iterations": {"type": "int", "default": 8192},
            "purge": {"type": "bool", "default": False},
            "keep": {"type": "list", "elements": "str", "default": ["broker", "admin"]},
        },
    )


if __name__ == "__main__":
    main()
