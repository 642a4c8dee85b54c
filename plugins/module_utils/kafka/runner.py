# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way from a declared resource to a module's answer: read, compare, apply unless in check mode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import (
    ARGUMENTS,
    Connection,
    explain,
)

Live = TypeVar("Live")
Plan = TypeVar("Plan")


class Resource(ABC, Generic[Live, Plan]):
    """Something of a cluster that has a declared state."""

    @abstractmethod
    def read(self) -> Live:
        """What is there now."""

    @abstractmethod
    def desired(self, live: Live) -> Plan:
        """What has to be done. Raises Failure that names everything which cannot or must not be done."""

    @abstractmethod
    def difference(self, plan: Plan) -> Difference:
        """The plan as what differs."""

    @abstractmethod
    def apply(self, plan: Plan) -> None:
        """Do it; returns when it holds."""

    def facts(self, plan: Plan) -> Mapping[str, Any]:  # noqa: ARG002 - most resources have none
        """What the module returns besides the difference."""
        return {}


def run(
    resource_of: Callable[[AnsibleModule, Connection], Resource[Any, Any]],
    arguments: Mapping[str, Any],
    **specification: Any,
) -> None:
    """Be the module: options in, one answer out."""
    module = AnsibleModule(argument_spec={**ARGUMENTS, **arguments}, supports_check_mode=True, **specification)
    try:
        resource = resource_of(module, Connection.of(module.params))
        plan = resource.desired(resource.read())
        difference = resource.difference(plan)
        if difference.changed and not module.check_mode:
            resource.apply(plan)
        answer = {
            "changed": difference.changed,
            "diff": difference.as_diff(),
            "msg": difference.summary() or "as declared",
            **resource.facts(plan),
        }
    except Failure as failure:
        module.fail_json(msg=str(failure))
    except Exception as error:  # the clients' errors have no common base but this one
        module.fail_json(msg=f"{', '.join(module.params['bootstrap_servers'])}: {explain(error)}")
    module.exit_json(**answer)
