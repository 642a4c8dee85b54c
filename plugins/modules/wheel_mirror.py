#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wheel_mirror
short_description: Publish the Python packages of a lock file as an index for pip
version_added: 0.1.0
description:
  - Publishes the files that a lock file with hashes names as a simple index (PEP 503), for C(pip --index-url), and as
    one page C(files.html), for C(pip --find-links) from servers without index pages, such as a bucket.
  - pip fetches them, so its configuration (index, proxy, certificates) holds. Files of other lock files stay.
author: The selfhosted.monitoring contributors (@selfhosted)
extends_documentation_fragment: selfhosted.monitoring.mirror_destination
attributes:
  check_mode:
    support: full
    description: Says what would be published.
  diff_mode:
    support: full
    description: Lists the files that are published.
options:
  requirements:
    description: The lock file, with a sha256 for each requirement.
    type: path
    required: true
  targets:
    description:
      - Pythons and platforms of the hosts; by default those of the Python that runs the module.
      - Environment markers of the lock file are judged by the Python that runs the module, whatever the target.
    type: list
    elements: dict
    default: []
    suboptions:
      python_version:
        description: Version of Python, such as V(3.11).
        type: str
      platform:
        description: Tag of the platform, such as V(manylinux_2_28_x86_64).
        type: str
  allow_source:
    description: Whether a requirement without a wheel is mirrored as its source archive. Needs O(targets) empty.
    type: bool
    default: false
  folder:
    description: Folder of the index below the mirror's root.
    type: str
    default: wheels
"""

EXAMPLES = r"""
- name: Hosts can install the agents' Python packages
  selfhosted.monitoring.wheel_mirror:
    destination: https://mirror.example.org/monitoring
    http: {username: publisher, password: "{{ vault_mirror_password }}"}
    requirements: /srv/locks/requirements.txt
    targets:
      - {python_version: "3.11", platform: manylinux_2_28_x86_64}
"""

RETURN = r"""
published:
  description: Paths below the mirror's root that were published, or would be in check mode, in their order.
  returned: success
  type: list
  elements: str
  sample: [wheels/boto3/boto3-1.44.5-py3-none-any.whl, wheels/boto3/index.html, wheels/index.html]
total:
  description: How many files this part of the mirror has.
  returned: success
  type: int
  sample: 35
"""

import sys
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror import wheels
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Part
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.publication import ARGUMENTS, run


def main() -> None:
    """Run the module."""
    target = {"python_version": {"type": "str"}, "platform": {"type": "str"}}
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "requirements": {"type": "path", "required": True},
            "targets": {"type": "list", "elements": "dict", "options": target, "default": []},
            "allow_source": {"type": "bool", "default": False},
            "folder": {"type": "str", "default": "wheels"},
        },
        supports_check_mode=True,
    )
    options = module.params
    if options["allow_source"] and options["targets"]:
        module.fail_json(msg="allow_source and targets exclude each other: pip cannot judge source for other machines")

    def prepare(destination: Destination, cache: Path, staging: Path) -> Part:
        requirements = Path(options["requirements"])
        files: dict[str, Path] = {}
        for each in options["targets"] or [{}]:
            found = wheels.download(sys.executable, requirements, each, options["allow_source"], cache / "wheels")
            files.update({file.name: file for file in found})
        content = wheels.content(files.values(), options["folder"])
        return Part(content, wheels.indices(content, options["folder"], destination, staging))

    run(module, prepare)


if __name__ == "__main__":
    main()
