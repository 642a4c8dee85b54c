# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the exporters' catalogue as components."""

from __future__ import annotations

DOCUMENTATION = """
name: exporter_components
short_description: Entries of the exporters' catalogue as components
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Turns the names of exporters into what the module C(selfhosted.monitoring.component) takes as C(components).
  - An unknown name, a missing key and two exporters on one port are refused, each by name.
positional: catalogue, live
options:
  _input:
    description: Names of entries.
    type: list
    elements: str
    required: true
  catalogue:
    description: All known entries by name; see role C(selfhosted.monitoring.exporters).
    type: dict
    required: true
  live:
    description: What becomes of a running exporter whose change needs a restart.
    type: str
    choices: [apply, defer]
    default: apply
"""

EXAMPLES = """
- name: Exporters are as declared
  selfhosted.monitoring.component:
    components: "{{ ['node'] | selfhosted.monitoring.exporter_components(exporters_catalogue) }}"
"""

RETURN = """
_value:
  description: One component for each name.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.component_archive import KEYS, component_archive

OF_AN_ARCHIVE = ("version", "sha256", "file")
REQUIRED = ("component", *OF_AN_ARCHIVE, "port")
OF_THE_COMPONENT = ("user", "unit", "uses", "tree", "certificates", "ready")


def exporter_components(
    names: Iterable[str], catalogue: Mapping[str, Mapping[str, Any]], live: str = "apply"
) -> list[dict[str, Any]]:
    """The component of each named entry. Raises AnsibleFilterError naming the entry and what is wrong with it."""
    ports: dict[int, str] = {}
    components = []
    for name in names:
        if name not in catalogue:
            known = ", ".join(sorted(catalogue)) or "none"
            raise AnsibleFilterError(
                f"exporters_enabled names {name!r}, which the catalogue does not have. Known: {known}. "
                "An exporter of your own goes into exporters_extra."
            )
        entry = catalogue[name]
        # Without an archive of its own, an exporter runs the program of a component that it uses.
        spared = OF_AN_ARCHIVE if entry.get("uses") else ()
        if missing := [key for key in REQUIRED if key not in spared and not entry.get(key)]:
            raise AnsibleFilterError(f"exporter {name!r} lacks {', '.join(missing)}; give it in exporters_extra.{name}")
        if unknown := sorted(set(entry) - {*REQUIRED, *KEYS, *OF_THE_COMPONENT, "archive"}):
            raise AnsibleFilterError(f"exporter {name!r} has keys that mean nothing: {', '.join(unknown)}")
        other = ports.setdefault(int(entry["port"]), name)
        if other != name:
            raise AnsibleFilterError(f"exporters {other!r} and {name!r} both listen on port {entry['port']}")
        components.append(
            {
                "name": entry["component"],
                "live": live,
                **({"archive": component_archive(entry)} if "file" in entry else {}),
                **{key: entry[key] for key in OF_THE_COMPONENT if key in entry},
                **({"tree": _tree(entry)} if "tree" in entry else {}),
            }
        )
    return components


def _tree(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The tree, with the archive's file name where a text file of it says {file}."""
    file = str(entry.get("file", "")).replace("{version}", str(entry.get("version", "")))
    texts = {
        path: text.replace("{file}", file)
        for path, text in entry["tree"].get("files", {}).items()
        if isinstance(text, str)
    }
    return {**entry["tree"], **({"files": {**entry["tree"]["files"], **texts}} if texts else {})}


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"exporter_components": exporter_components}
