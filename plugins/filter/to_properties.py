# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping as a Java properties file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: to_properties
short_description: Render a mapping as Java properties
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Renders a mapping as C(java.util.Properties) reads it, one key a line in the order given. Backslashes, line breaks,
    leading blanks, separators in keys, comment signs and characters outside Latin-1 are escaped.
  - Mappings in the mapping become keys with dots, lists become values with commas, booleans V(true) and V(false).
    A key whose value is V(null) is left out.
options:
  _input:
    description: The mapping.
    type: dict
    required: true
"""

EXAMPLES = r"""
# A template of a broker's configuration, server.properties.j2:
#   {{ kafka_broker_properties | selfhosted.monitoring.to_properties }}
- name: Properties are shown
  ansible.builtin.debug:
    msg: "{{ {'zookeeper': {'connect': ['a:2181', 'b:2181']}} | selfhosted.monitoring.to_properties }}"
  # zookeeper.connect=a:2181,b:2181
"""

RETURN = r"""
_value:
  description: The file's text, with a line break at its end.
  type: str
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


def to_properties(value: Any) -> str:
    """Return ``value`` (a mapping) as Java properties, in the escapes of java.util.Properties.load."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"to_properties renders a mapping, not a {type(value).__name__}")
    return "".join(f"{_key(name)}={_escaped(text)}\n" for name, text in _flat(value, ""))


def _flat(value: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, one in value.items():
        name = f"{prefix}{key}"
        if isinstance(one, Mapping):
            yield from _flat(one, f"{name}.")
        elif one is not None:
            yield name, _text(one, name)


def _text(value: Any, name: str) -> str:
    if isinstance(value, (list, tuple)):
        parts = [_text(one, name) for one in value]
        if any("," in part for part in parts):
            raise AnsibleFilterError(f"to_properties: an entry of the list {name} holds a comma; give the list as text")
        return ",".join(parts)
    if isinstance(value, Mapping) or value is None:
        raise AnsibleFilterError(f"to_properties: a list under {name} may hold plain values only")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _key(name: str) -> str:
    return "".join(f"\\{sign}" if sign in " :=#!" else _sign(sign) for sign in name)


def _escaped(text: str) -> str:
    escaped = "".join(_sign(sign) for sign in text)
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _sign(sign: str) -> str:
    return _NAMED.get(sign) or (sign if " " <= sign <= "~" else _unicode(sign))


def _unicode(sign: str) -> str:
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"to_properties": to_properties}
