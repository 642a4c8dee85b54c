# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second certificate authority beside the deployment's own, for one service."""

from __future__ import annotations

DOCUMENTATION = """
name: sub_authority
short_description: A certificate authority of its own for one service, beside the deployment's
positional: name
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Some services must trust nobody but their own members, ZooKeeper for instance, where whoever holds a certificate of
    its authority may write. For an authority of kind C(deployment), this gives one of the same kind in a directory of
    its own below the first one's.
  - For the other kinds there is no such place; the user has to name the service's authority.
options:
  _input:
    description: The deployment's authority, see C(certificates) of module C(selfhosted.monitoring.component).
    type: dict
    required: true
  name:
    description: Name of the service.
    type: str
    required: true
"""

EXAMPLES = """
- name: ZooKeeper's own authority
  ansible.builtin.debug:
    msg: "{{ certificate_authority | selfhosted.monitoring.sub_authority('zookeeper') }}"
"""

RETURN = """
_value:
  description: The authority.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def sub_authority(authority: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the authority of the service ``name``. Raises AnsibleFilterError for kinds that have none."""
    if authority.get("kind") != "deployment":
        raise AnsibleFilterError(
            f"certificate_authority is of kind {authority.get('kind')}, and {name} needs an authority that signs for "
            f"nothing else: set {name}_authority"
        )
    return {**authority, "directory": f"{authority['directory']}/{name}", "common_name": f"{name} authority"}


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"sub_authority": sub_authority}
