# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalogue's entry as the archive of a component."""

from __future__ import annotations

DOCUMENTATION = """
name: component_archive
short_description: An entry of a role's catalogue as the archive of a component
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
positional: version
description:
  - Catalogues say what a role installs and what a mirror is filled from. This is what the module
    C(selfhosted.monitoring.component) takes as C(archive).
options:
  _input:
    description: The entry.
    type: dict
    required: true
  version:
    description: Another version than the entry's, whose checksum C(artifact_checksums) has. Empty means the entry's.
    type: str
    default: ""
"""

EXAMPLES = """
- name: ZooKeeper is installed
  selfhosted.monitoring.component:
    name: zookeeper
    archive: "{{ zookeeper_catalogue.zookeeper | selfhosted.monitoring.component_archive }}"
"""

RETURN = """
_value:
  description: The archive.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

KEYS = ("version", "sha256", "sha512", "upstream", "strip")


def component_archive(entry: Mapping[str, Any], version: str = "") -> dict[str, Any]:
    """Return the archive of a catalogue's entry, of its own ``version`` or another one."""
    archive = {
        "name": entry.get("archive") or entry["component"],
        **{key: entry[key] for key in KEYS if key in entry},
        "file": entry["file"].replace("{architecture}", "{arch}"),
    }
    if version and version != str(entry["version"]):
        archive["version"] = version
        archive.pop("sha256", None)
        archive.pop("sha512", None)
    return archive


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter under its short name."""
        return {"component_archive": component_archive}
