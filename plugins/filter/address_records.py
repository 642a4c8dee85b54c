# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of the inventory as module route53_records wants them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: address_records
short_description: Hosts of the inventory as address records for route53_records
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Gives a record for each of the names of each host (C(monitoring_names), or its C(inventory_hostname) where that is
    missing), with its C(ansible_host) as the address.
positional: hosts
options:
  _input:
    description: The magic variable C(hostvars).
    type: dict
    required: true
  hosts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  ttl:
    description: Seconds for which resolvers may keep a record.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Names of all hosts lead to their addresses
  selfhosted.monitoring.route53_records:
    zone: monitoring.example.com
    records: "{{ hostvars | selfhosted.monitoring.address_records(groups['monitoring']) }}"
    purge_pattern: '[a-z-]+-\d+\.[a-z0-9-]+\.monitoring\.example\.com'
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: Records of type A or AAAA.
  type: list
  elements: dict
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def address_records(
    hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], ttl: int = 60
) -> list[dict[str, Any]]:
    """A record a name. Raises AnsibleFilterError naming a host whose ansible_host is no address."""
    records = []
    for host in hosts:
        variables = hostvars[host]
        value = str(variables.get("ansible_host", ""))
        try:
            address = ipaddress.ip_address(value)
        except ValueError as error:
            raise AnsibleFilterError(
                f"{host}: ansible_host is {value or 'not set'}, and a DNS record needs an IP address"
            ) from error
        kind = "A" if address.version == 4 else "AAAA"
        for name in variables.get("monitoring_names") or [host]:
            records.append({"name": name, "type": kind, "ttl": ttl, "values": [str(address)]})
    return records


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"address_records": address_records}
