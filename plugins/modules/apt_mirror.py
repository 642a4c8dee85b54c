#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_mirror
short_description: Publish Debian packages with their dependencies as a signed repository
version_added: 0.1.0
description:
  - Publishes packages of a release and everything they depend on as a flat repository, signed by a key of yours, so
    that hosts without another source can install them.
  - The packages are read and verified by an apt that works below O(cache) and changes nothing of the machine.
  - Only what differs is fetched and sent; the signed C(InRelease) is published last.
  - Runs on a Debian or Ubuntu machine of any release.
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
  packages:
    description: Names of the packages that hosts install.
    type: list
    elements: str
    required: true
  release:
    description: Name of the hosts' release, such as V(bookworm).
    type: str
    required: true
  sources:
    description:
      - Lines of a sources.list that the packages are read from, for that release and its updates.
      - The archive's keyring has to be named, as in C([signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]).
    type: list
    elements: str
    required: true
  architecture:
    description: Architecture of the hosts, as Debian names it.
    type: str
    default: amd64
  folder:
    description: Folder of the repository below the mirror's root; a release of its own needs a folder of its own.
    type: str
    default: apt
  origin:
    description: Name of the repository, for pinning.
    type: str
    default: selfhosted.monitoring
  signing_key:
    description: Fingerprint or mail address of the OpenPGP key that signs, in a keyring of this machine.
    type: str
    required: true
  signing_home:
    description: GnuPG's home directory with that key; by default the user's own.
    type: path
  signing_passphrase:
    description: The key's passphrase; without it GnuPG's agent is asked.
    type: str
"""

EXAMPLES = r"""
- name: Hosts can install what the roles need
  selfhosted.monitoring.apt_mirror:
    destination: /srv/mirror
    release: bookworm
    sources:
      - deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
      - deb [signed-by=/usr/share/keyrings/security.gpg] http://deb.debian.org/debian-security bookworm-security main
    packages: [python3, openssl, ca-certificates]
    signing_key: mirror@example.org
"""

RETURN = r"""
published:
  description: Paths below the mirror's root that were published, or would be in check mode, in their order.
  returned: success
  type: list
  elements: str
  sample: [apt/openssl_3.0.17-1~deb12u2_amd64.deb, apt/InRelease]
total:
  description: How many files this part of the mirror has.
  returned: success
  type: int
  sample: 64
"""

import hashlib
from collections.abc import Collection
from functools import partial
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror import repository
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.apt import AptRoot
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import (
    Destination,
    Item,
    Part,
    bytes_item,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.publication import ARGUMENTS, run


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "packages": {"type": "list", "elements": "str", "required": True},
            "release": {"type": "str", "required": True},
            "sources": {"type": "list", "elements": "str", "required": True},
            "architecture": {"type": "str", "default": "amd64"},
            "folder": {"type": "str", "default": "apt"},
            "origin": {"type": "str", "default": "selfhosted.monitoring"},
            "signing_key": {"type": "str", "required": True, "no_log": False},
            "signing_home": {"type": "path"},
            "signing_passphrase": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    options = module.params

    def prepare(destination: Destination, cache: Path, staging: Path) -> Part:
        folder, architecture = options["folder"], options["architecture"]
        key = repository.SigningKey(options["signing_key"], options["signing_home"], options["signing_passphrase"])
        public = key.public()
        root = AptRoot(cache / "apt" / f"{options['release']}-{architecture}", options["sources"], architecture)
        packages = root.closure(options["packages"])
        contents = repository.Repository(packages, options["release"], architecture, options["origin"])
        signed = repository.signed_release(contents, key, destination.read(f"{folder}/InRelease"))
        by_path = {f"{folder}/{package.file}": package for package in packages}
        content = [Item(path, package.sha256, partial(root.file, package)) for path, package in by_path.items()]

        def fetch(paths: Collection[str]) -> None:
            root.download([package for path, package in by_path.items() if path in paths])

        indices = [bytes_item(f"{folder}/key.asc", public, staging)]
        for name, index in (("Packages", contents.index()), ("Packages.gz", contents.compressed_index())):
            # By its hash first: a client that still reads the old InRelease finds the old index, which stays.
            by_hash = f"{folder}/by-hash/SHA256/{hashlib.sha256(index).hexdigest()}"
            indices += [bytes_item(by_hash, index, staging), bytes_item(f"{folder}/{name}", index, staging)]
        return Part(content, [*indices, bytes_item(f"{folder}/InRelease", signed, staging)], fetch)

    run(module, prepare)


if __name__ == "__main__":
    main()
