# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which hosts of a running system are restarted: one zone of one region at a time."""

from __future__ import annotations

DOCUMENTATION = """
name: restart_batches
short_description: Hosts whose restart is pending, one zone at a time
positional: hostvars, outcomes, canary_region, last
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Takes the hosts on which a component reported C(restart_pending), and sorts them into batches for a rolling play,
    namely region by region, the canary region first, and in a region zone by zone. A play uses the flattened list as
    C(hosts) and the lengths as C(serial).
  - A zone that holds a cluster's leader goes last in its region (O(last)), so that it is elected anew only once.
  - A host without C(region) or C(zone) is a batch of its own after all others, since nobody knows
    which hosts share its fate.
options:
  _input:
    description: Names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts; C(region), C(zone) and the outcomes are read.
    type: dict
    required: true
  outcomes:
    description: Names of the variables in which tasks registered what the module C(component) answered.
    type: list
    elements: str
    required: true
  canary_region:
    description: The region that goes first. Empty means regions go in the order of their names.
    type: str
    default: ""
  waiting:
    description: Whether only hosts whose restart is pending are meant. Otherwise all of them are.
    type: bool
    default: true
  last:
    description:
      - A regular expression for what a component answered (C(answers) of its outcome). The zone of a host that it fits
        goes last in its region. Empty means zones go in the order of their names.
    type: str
    default: ""
"""

EXAMPLES = """
- name: Restarts go zone by zone
  hosts: "{{ batches | flatten }}"
  serial: "{{ batches | map('length') }}"
  vars:
    outcomes: [exporters_outcome]
    batches: "{{ groups.monitoring | selfhosted.monitoring.restart_batches(hostvars, outcomes, 'eu-west-1') }}"
  tasks: []
"""

RETURN = """
_value:
  description: One list of host names for each zone, in the order of the restarts.
  type: list
  elements: list
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ansible.errors import AnsibleFilterError


def restart_batches(
    hosts: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    outcomes: Sequence[str],
    canary_region: str = "",
    last: str = "",
    *,
    waiting: bool = True,
) -> list[list[str]]:
    """Sort the hosts that wait for a restart into one batch a zone; in a batch the given order stays.

    Raises AnsibleFilterError when the canary region holds no host of the inventory.
    """
    names = [name for name in hosts if not waiting or _waits(hostvars[name], outcomes)]
    if not names:
        return []
    if canary_region:
        regions = sorted({str(hostvars[name]["region"]) for name in hostvars if hostvars[name].get("region")})
        if canary_region not in regions:
            known = ", ".join(regions) or "none"
            raise AnsibleFilterError(
                f"canary_region is {canary_region!r}, but no host of the inventory is in it. Regions: {known}."
            )

    leading = {hostvars[name].get("zone") for name in names if last and _leads(hostvars[name], outcomes, last)}

    def place(name: str) -> tuple[bool, bool, str, bool, str]:
        region, zone = hostvars[name].get("region"), hostvars[name].get("zone")
        if not region or not zone:
            return (True, True, "", True, name)
        return (False, region != canary_region, str(region), zone in leading, str(zone))

    return [list(batch) for _place, batch in groupby(sorted(names, key=place), key=place)]


def _waits(variables: Mapping[str, Any], outcomes: Sequence[str]) -> bool:
    return any((variables.get(outcome) or {}).get("restart_pending") for outcome in outcomes)


def _leads(variables: Mapping[str, Any], outcomes: Sequence[str], last: str) -> bool:
    components = [one for name in outcomes for one in (variables.get(name) or {}).get("components", {}).values()]
    return any(re.search(last, answer) for one in components for answer in one.get("answers", []))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"restart_batches": restart_batches}
