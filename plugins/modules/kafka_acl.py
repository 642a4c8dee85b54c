#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_acl
short_description: What the users of a Kafka cluster may do is as declared
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - The ACLs of each declared principal are exactly those declared. Others of it are removed.
  - New ACLs are created before old ones are deleted, so that no client loses a right that it keeps.
  - Returns when every broker knows them.
  - Operations that mean nothing on a resource are refused; brokers would take and ignore them.
attributes:
  check_mode:
    description: Lists the ACLs and says what would change.
    support: full
  diff_mode:
    description: Shows the ACLs of each principal that changes, a line each.
    support: full
options:
  acls:
    description:
      - ACLs by principal, each a list. An empty list is a principal without any right.
      - A principal is the name of a user, or type and name (C(User:relay)).
      - Keys of an ACL are C(resource_type) (C(topic), C(group), C(cluster), C(transactional_id)), C(name) (of the
        resource; C(*) is every one), C(pattern) (C(literal), the default, or C(prefixed)), C(operations) (a list),
        C(permission) (C(allow), the default, or C(deny)), C(host) (the client's address, C(*) by default).
      - The one resource of type C(cluster) is C(kafka-cluster), and its name may be left out.
    type: dict
    required: true
  purge:
    description: Removes all ACLs of principals that are not declared, too.
    type: bool
    default: false
  require_user:
    description:
      - Refuses ACLs of users that have no password in the cluster, for such a name is mostly misspelt.
      - C(User:*), everybody, is never refused. In check mode it is a warning, for a task before may make the user.
    type: bool
    default: true
extends_documentation_fragment:
  - selfhosted.monitoring.kafka_connection
notes:
  - The user that logs in needs C(ALTER) and C(DESCRIBE) on the cluster.
"""

EXAMPLES = r"""
- name: Every user may do what it needs
  selfhosted.monitoring.kafka_acl:
    bootstrap_servers: "{{ kafka_bootstrap_servers }}"
    username: admin
    password: "{{ kafka_admin_password }}"
    ca: /etc/monitoring/kafka/tls/ca.pem
    acls:
      relay:
        - {resource_type: topic, name: monitor., pattern: prefixed, operations: [READ, WRITE, DESCRIBE]}
        - {resource_type: group, name: relay, operations: [READ]}
      exporter:
        - {resource_type: group, name: '*', operations: [DESCRIBE]}
        - {resource_type: cluster, operations: [DESCRIBE]}
    purge: true
"""

RETURN = r"""
created:
  description: ACLs that were created.
  type: list
  elements: str
  returned: success
  sample: ["User:relay: allow READ on topic monitor. (prefix) from *"]
deleted:
  description: ACLs that were deleted.
  type: list
  elements: str
  returned: success
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka import acl_requests
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.acls import (
    Acl,
    AclPlan,
    declared,
    plan,
    unknown,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.cluster import view
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import Connection, connect
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.credentials import iterations_by_user
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.runner import Resource, run


class Acls(Resource["set[Acl]", AclPlan]):
    """What the users of a cluster may do."""

    def __init__(self, module: AnsibleModule, connection: Connection) -> None:
        params = module.params
        self._wanted = declared(params["acls"])
        self._purge = params["purge"]
        self._require_user = params["require_user"]
        self._check_mode = module.check_mode
        self._warn = module.warn
        self._connection = connection
        self._timeout = connection.timeout
        self._client = connect(connection)

    def read(self) -> set[Acl]:
        return acl_requests.read(self._client, self._timeout)

    def desired(self, live: set[Acl]) -> AclPlan:
        having = [principal for principal, acls in self._wanted.items() if acls]
        if self._require_user and having:
            users = iterations_by_user(self._client, self._timeout)
            refused = "; ".join(unknown(having, users))
            # In check mode the users may be about to be made by a task before.
            if refused and not self._check_mode:
                raise Failure(refused)
            if refused:
                self._warn(refused)
        return plan(self._wanted, live, self._purge)

    def difference(self, plan: AclPlan) -> Difference:
        return plan.difference

    def apply(self, plan: AclPlan) -> None:
        acl_requests.create(self._client, plan.create, self._timeout)
        acl_requests.delete(self._client, plan.delete, self._timeout)
        brokers = view(self._client, self._timeout).brokers.values()
        acl_requests.wait_until_known(self._connection, brokers, plan.create, plan.delete, self._timeout)

    def facts(self, plan: AclPlan) -> dict[str, Any]:
        return {
            "created": [f"{acl.principal}: {acl.line()}" for acl in plan.create],
            "deleted": [f"{acl.principal}: {acl.line()}" for acl in plan.delete],
        }


def main() -> None:
    run(
        Acls,
        {
            "acls": {"type": "dict", "required": True},
            "purge": {"type": "bool", "default": False},
            "require_user": {"type": "bool", "default": True},
        },
    )


if __name__ == "__main__":
    main()
