# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a region's cluster (an ensemble, brokers), as every member must see them."""

from __future__ import annotations

DOCUMENTATION = """
name: cluster_members
short_description: The members of a host's cluster, from the inventory
positional: hostvars, host, service
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - A cluster is the hosts of one group in one region. Each member has an id, a zone and a name that stays when its
    machine is replaced. Configurations, bootstrap lists and certificates are made from this list, so that no list of
    hosts stands in a variable.
  - What would make a broken cluster is refused by name, namely a host without C(region), C(zone) or C(node_id), two
    hosts with one id, an even ensemble, and members that all stand in one zone.
options:
  _input:
    description: Names of all hosts of the service, in any regions.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  host:
    description: The host that asks; its C(region) says which cluster.
    type: str
    required: true
  service:
    description: >-
      Name of the service. Of a member's C(monitoring_names), the one that begins with it is its name; else
      its name in the inventory.
    type: str
    required: true
  odd:
    description: Whether the number of members must be odd.
    type: bool
    default: false
  spread:
    description: Whether several members must stand in more than one zone.
    type: bool
    default: true
"""

EXAMPLES = """
- name: Bootstrap servers of the host's region
  ansible.builtin.debug:
    msg: "{{ brokers | map(attribute='name') | map('regex_replace', '$', ':9093') | join(',') }}"
  vars:
    brokers: "{{ groups.kafka | selfhosted.monitoring.cluster_members(hostvars, inventory_hostname, 'kafka') }}"
"""

RETURN = """
_value:
  description: Entries with C(id), C(name), C(host) (its name in the inventory) and C(zone), by id.
  type: list
  elements: dict
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_NEEDED = ("region", "zone", "node_id")


def cluster_members(
    hosts: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    host: str,
    service: str,
    *,
    odd: bool = False,
    spread: bool = True,
) -> list[dict[str, Any]]:
    """Return the members of the cluster of ``service`` in the region of ``host``. Raises AnsibleFilterError."""
    region = hostvars[host].get("region")
    if not region:
        raise AnsibleFilterError(f"{host} has no host variable region, which says which {service} cluster it is of")
    of_region = [name for name in hosts if hostvars[name].get("region") == region]
    lacking = [
        f"{name} has no host variable {key}" for name in of_region for key in _NEEDED if not hostvars[name].get(key)
    ]
    if lacking:
        raise AnsibleFilterError("{}: {}".format(service, "; ".join(lacking)))
    members = sorted((_member(name, hostvars[name], service) for name in of_region), key=lambda one: one["id"])
    problems = [*_doubles(members), *_parity(members, odd), *(_zones(members) if spread else [])]
    if problems:
        raise AnsibleFilterError("{} in {}: {}".format(service, region, "; ".join(problems)))
    return members


def _member(host: str, variables: Mapping[str, Any], service: str) -> dict[str, Any]:
    number = int(variables["node_id"])
    own = "{}-{}.".format(service.replace("_", "-"), number)
    name = next((one for one in variables.get("monitoring_names") or [] if str(one).startswith(own)), host)
    return {"id": number, "name": str(name), "host": host, "zone": str(variables["zone"])}


def _doubles(members: Iterable[Mapping[str, Any]]) -> list[str]:
    by_id: dict[int, list[str]] = defaultdict(list)
    for member in members:
        by_id[member["id"]].append(member["host"])
    return [f"{' and '.join(hosts)} have the same node_id {number}" for number, hosts in by_id.items() if hosts[1:]]


def _parity(members: list[dict[str, Any]], odd: bool) -> list[str]:
    if odd and len(members) % 2 == 0:
        return [f"{len(members)} members, which survive no more losses than {len(members) - 1}; use an odd number"]
    return []


def _zones(members: list[dict[str, Any]]) -> list[str]:
    zones = {member["zone"] for member in members}
    if len(members) > 1 and len(zones) == 1:
        return [f"all {len(members)} members stand in zone {zones.pop()}, whose loss would take all of them"]
    return []


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"cluster_members": cluster_members}
