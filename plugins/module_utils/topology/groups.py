# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups and the host variables of a node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import Node


def group_name(*parts: object) -> str:
    """A valid group name: ("region", "us-east-1") is region_us_east_1."""
    return re.sub(r"[^A-Za-z0-9_]", "_", "_".join(str(part) for part in parts))


def group_chain(node: Node, deployment: str, environment: str) -> list[list[str]]:
    """Chains of groups, outermost first; the host goes into the last of each.

    The nesting makes group_vars of the narrower place win: zone over region over environment over deployment.
    """
    place = [
        "monitoring",
        group_name("deployment", deployment),
        group_name("environment", environment),
        group_name("region", node.instance.region),
        group_name("zone", node.instance.zone),
    ]
    inside = [*node.roles, group_name("zone_index", node.zone_index)]
    return [place, *(["monitoring", group] for group in inside)]


def host_variables(node: Node, tag_variables: Mapping[str, str]) -> dict[str, Any]:
    """The variables that every role may count on, and the tags that the inventory file asked for."""
    instance = node.instance
    asked = {name: instance.tags[tag] for name, tag in tag_variables.items() if tag in instance.tags}
    return {
        **asked,
        "ansible_host": node.address,
        "region": instance.region,
        "zone": instance.zone,
        "zone_index": node.zone_index,
        "node_id": node.node_id,
        "instance_id": instance.id,
        "instance_type": instance.type,
        "account_id": instance.account,
        "monitoring_roles": list(node.roles),
        "monitoring_names": list(node.names),
    }
