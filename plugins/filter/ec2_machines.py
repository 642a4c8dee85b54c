# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of the inventory as module ec2_known_hosts wants them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ec2_machines
short_description: Hosts of the inventory as instances for ec2_known_hosts
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Gives each host's instance id, region and all its names and addresses.
  - Hosts without the variable C(instance_id) are left out; they are no EC2 instances.
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
"""

EXAMPLES = r"""
- name: Host keys of all instances are known
  selfhosted.monitoring.ec2_known_hosts:
    instances: "{{ hostvars | selfhosted.monitoring.ec2_machines(ansible_play_hosts_all) }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: Entries with C(instance_id), C(region) and C(names).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def ec2_machines(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> list[dict[str, Any]]:
    """Entries for ec2_known_hosts of those hosts that are EC2 instances."""
    entries = []
    for host in hosts:
        variables = hostvars[host]
        if "instance_id" in variables:
            names = [host, variables.get("ansible_host", host), *variables.get("monitoring_names", [])]
            entries.append(
                {
                    "instance_id": variables["instance_id"],
                    "region": variables["region"],
                    "names": list(dict.fromkeys(names)),
                }
            )
    return entries


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ec2_machines": ec2_machines}
