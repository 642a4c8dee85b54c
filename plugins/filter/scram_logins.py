# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The passwords of Kafka's users: which ones hold, and which one a client logs in with."""

from __future__ import annotations

DOCUMENTATION = """
name: scram_logins
short_description: Passwords of Kafka users as credentials and logins
positional: users
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - A user's password is a text, or during a rotation a mapping of two mechanisms to one password each, for Kafka
    keeps one password a mechanism. Both hold; clients log in with the one that stands last.
  - A user without a password, and a mechanism that Kafka does not know, are refused by name.
options:
  _input:
    description: Passwords by user.
    type: dict
    required: true
  users:
    description: The users that must have one. By default those that have.
    type: list
    elements: str
"""

EXAMPLES = """
- name: The password of user exporter is being changed
  ansible.builtin.set_fact:
    logins: "{{ kafka_passwords | selfhosted.monitoring.scram_logins }}"
  vars:
    kafka_passwords:
      broker: "{{ vault_broker }}"
      exporter:
        SCRAM-SHA-512: "{{ vault_exporter }}"
        SCRAM-SHA-256: "{{ vault_exporter_next }}"
"""

RETURN = """
_value:
  description: >-
    By user, C(username), C(mechanism) and C(password) to log in with, and C(passwords), all that hold by mechanism.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")


def scram_logins(passwords: Mapping[str, Any], users: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the credentials of each user. Raises AnsibleFilterError naming the user, never a password."""
    wanted = list(passwords if users is None else users)
    return {user: _login(user, passwords.get(user)) for user in wanted}


def _login(user: str, given: Any) -> dict[str, Any]:
    slots = {MECHANISMS[0]: given} if isinstance(given, str) else given
    if not isinstance(slots, Mapping) or not slots or not all(slots.values()):
        raise AnsibleFilterError(f"kafka_passwords has no password for user {user}; add one to your vault")
    if unknown := [str(one) for one in slots if one not in MECHANISMS]:
        raise AnsibleFilterError(
            f"kafka_passwords.{user} names {', '.join(unknown)}; Kafka's mechanisms are {' and '.join(MECHANISMS)}"
        )
    mechanism = list(slots)[-1]
    passwords = {str(name): str(password) for name, password in slots.items()}
    return {"username": user, "mechanism": str(mechanism), "password": passwords[mechanism], "passwords": passwords}


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"scram_logins": scram_logins}
