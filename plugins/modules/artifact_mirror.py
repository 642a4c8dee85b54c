#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact_mirror
short_description: Publish the archives that hosts install to a mirror
version_added: 0.1.0
description:
  - Publishes the release archives that catalogues name, under C(<component>/<version>/<file>), each with its checksum
    verified, then the lists of checksums (C(sha256sums.txt) beside the archives, C(checksums.yml) at the root).
  - Only what differs is fetched and sent. Archives of other versions stay, for a rollback.
author: The selfhosted.monitoring contributors (@selfhosted)
extends_documentation_fragment: selfhosted.monitoring.mirror_destination
attributes:
  check_mode:
    support: full
    description: Says what would be published. A release of which only SHA-512 is known is fetched for that.
  diff_mode:
    support: full
    description: Lists the files that are published.
options:
  catalogues:
    description:
      - Catalogues as the collection's roles have them, entry name to entry.
      - An entry has C(component), C(version), C(file), C(upstream) and C(sha256) or C(sha512) (architecture to
        checksum, or one for a file that serves all). Without a checksum it is refused, unless O(checksums) has one.
    type: list
    elements: dict
    required: true
  architectures:
    description: Architectures of the hosts, as Debian names them.
    type: list
    elements: str
    default: [amd64]
  sources:
    description:
      - Where archives come from, in order.
      - V(upstream) is each archive's own upstream; the others are mirrors, by URL or directory.
    type: list
    elements: str
    default: [upstream]
  checksums:
    description:
      - File name to sha256, for archives that a mirror has built itself; goes before the catalogue's.
      - It is what such a mirror serves as C(checksums.yml).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: The archives are in the bucket
  selfhosted.monitoring.artifact_mirror:
    destination: s3://example-mirror/monitoring
    catalogues: ["{{ exporters_catalogue }}"]
    architectures: [amd64, arm64]
  delegate_to: localhost
"""

RETURN = r"""
published:
  description: Paths below the mirror's root that were published, or would be in check mode, in their order.
  returned: success
  type: list
  elements: str
  sample: [node_exporter/1.12.1/sha256sums.txt, checksums.yml]
total:
  description: How many files this part of the mirror has.
  returned: success
  type: int
  sample: 3
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror import artifacts
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import archives
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Part
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.publication import ARGUMENTS, run


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "catalogues": {"type": "list", "elements": "dict", "required": True},
            "architectures": {"type": "list", "elements": "str", "default": ["amd64"]},
            "sources": {"type": "list", "elements": "str", "default": [artifacts.UPSTREAM]},
            "checksums": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    options = module.params

    def prepare(destination: Destination, cache: Path, staging: Path) -> Part:
        wanted = [item for each in options["catalogues"] for item in archives(each, options["architectures"])]
        content = artifacts.content(wanted, options["sources"], options["checksums"], cache)
        return Part(content, artifacts.indices(content, destination, staging))

    run(module, prepare)


if __name__ == "__main__":
    main()
