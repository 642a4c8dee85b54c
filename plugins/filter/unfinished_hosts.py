# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts on which a task failed or could not be run."""

from __future__ import annotations

DOCUMENTATION = """
name: unfinished_hosts
short_description: Hosts on which a registered task failed, or that were unreachable
positional: hostvars, outcomes
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - While a host is in doubt, no other one may be taken down. A rolling play asks this filter first.
  - Hosts that the run was not meant for (C(--limit)) registered nothing, and are not in doubt.
options:
  _input:
    description: Names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  outcomes:
    description: Names of the variables in which the tasks registered what they answered.
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- name: No host is in doubt
  ansible.builtin.assert:
    that: groups.monitoring | selfhosted.monitoring.unfinished_hosts(hostvars, ['exporters_outcome']) | length == 0
  run_once: true
"""

RETURN = """
_value:
  description: Names of the hosts in doubt, in the order given.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any


def unfinished_hosts(
    hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], outcomes: Sequence[str]
) -> list[str]:
    """The hosts that have an outcome of a failed or unreachable task."""

    def in_doubt(variables: Mapping[str, Any]) -> bool:
        answers = [variables.get(outcome) or {} for outcome in outcomes]
        return any(answer.get("failed") or answer.get("unreachable") for answer in answers)

    return [host for host in hosts if in_doubt(hostvars[host])]


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"unfinished_hosts": unfinished_hosts}
