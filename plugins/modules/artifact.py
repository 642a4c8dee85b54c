#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact
short_description: Keep a verified version of an archive unpacked on a host
version_added: 0.1.0
author:
  - The selfhosted.monitoring contributors (@selfhosted)
description:
  - Fetches an archive from the first mirror that has it, verifies its checksum, unpacks it into a directory of its
    own and then points the link C(current) at it in one rename.
  - The version before stays for a way back without a download. A broken download is continued, not begun again.
  - Archives that would write outside their directory, or that hold devices or hard links, are refused. Set-user-ID
    bits and owners inside an archive are not kept. A file that is no archive (a program, a jar) is taken as it is.
options:
  name:
    description: The artifact's name; it stands for C({name}) in patterns and for the directory on mirrors.
    type: str
    required: true
  version:
    description: The version to have.
    type: str
    required: true
  sha256:
    description:
      - SHA-256 of the archive, in hexadecimal, or a mapping of them by architecture (V(amd64), V(arm64)).
      - One of O(sha256) and O(sha512) is required.
    type: raw
  sha512:
    description: SHA-512 in the same forms, for a release whose upstream publishes no SHA-256. O(sha256) goes before it.
    type: raw
  dest:
    description: The directory that holds C(versions/) and the link C(current).
    type: path
    required: true
  file:
    description: The archive's file name, with the placeholders C({name}), C({version}) and C({arch}).
    type: str
    default: "{name}-{version}.linux-{arch}.tar.gz"
  mirrors:
    description:
      - Base URLs (http, https or file), tried in order. An archive lies on a mirror as C(NAME/VERSION/FILE).
    type: list
    elements: str
    default: []
  upstream:
    description:
      - The upstream URL, used if there are no mirrors; placeholders as in O(file), and C({file}).
    type: str
  strip:
    description: How many leading directories of the archive to leave away.
    type: int
    default: 1
attributes:
  check_mode:
    support: full
    description: Says what would change, without a download.
  diff_mode:
    support: full
    description: Shows the version and sum before and after.
  platform:
    support: full
    platforms: posix
    description: Linux hosts with Python 3.9 or newer.
seealso:
  - module: selfhosted.monitoring.component
"""

EXAMPLES = r"""
- name: Promtool is at hand
  selfhosted.monitoring.artifact:
    name: prometheus
    version: 3.14.0
    sha256:
      amd64: "{{ prometheus_sha256_amd64 }}"
      arm64: "{{ prometheus_sha256_arm64 }}"
    dest: /opt/prometheus
    mirrors: ["https://mirror.example.org"]
  become: true
"""

RETURN = r"""
path:
  description: The directory of the live version.
  returned: success
  type: str
  sample: /opt/prometheus/versions/3.14.0-b51d8a76aa2a
version:
  description: The live version; in check mode the one that would be.
  returned: success
  type: str
  sample: 3.14.0
previous:
  description: The version that was live before ("" if none was).
  returned: success
  type: str
  sample: 3.13.0
source:
  description: The URL that it was fetched from ("" if that is unknown).
  returned: success
  type: str
  sample: https://mirror.example.org/prometheus/3.14.0/prometheus-3.14.0.linux-amd64.tar.gz
"""

import platform
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import archives, sources, unpacking
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure, full_disk_named
from ansible_collections.selfhosted.monitoring.plugins.module_utils.locking import held


def bring(name: str, archive: Archive, dest: Path, check: bool) -> dict[str, Any]:
    """Make ``archive`` the live version below ``dest`` and return the module's result."""
    versions, link = dest / "versions", dest / "current"
    if link.exists() and not link.is_symlink():
        raise Failure(f"{link} is there and is no link; nothing was changed. Move it away, or choose another dest")
    before = archives.record(link) if link.is_symlink() else {}
    wanted = versions / archive.identity
    changes = []
    if archives.unpacked(versions, archive) is None or not link.is_symlink() or link.resolve() != wanted.resolve():
        old = archives.described(before) if before else None
        changes.append(Change("archive", old, archives.described(archive.summary)))
    difference = Difference(name, tuple(changes))
    if changes and not check:
        dest.mkdir(mode=0o755, parents=True, exist_ok=True)
        with held(dest / ".lock", name), full_disk_named(dest):
            unpacking.unpack(versions, archive)
            atomic.replace_link(link, f"versions/{archive.identity}")
            archives.prune(versions, {archive.identity, before.get("identity", archive.identity)})
    return {
        "changed": difference.changed,
        "diff": difference.as_diff(),
        "path": str(wanted),
        "version": archive.version,
        "previous": before.get("version", "") if difference.changed else "",
        "source": archives.record(wanted).get("source", ""),
    }


def main() -> None:
    """Run on the host."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
            "sha256": {"type": "raw"},
            "sha512": {"type": "raw"},
            "dest": {"type": "path", "required": True},
            "file": {"type": "str", "default": "{name}-{version}.linux-{arch}.tar.gz"},
            "mirrors": {"type": "list", "elements": "str", "default": []},
            "upstream": {"type": "str"},
            "strip": {"type": "int", "default": 1},
        },
        required_one_of=[["sha256", "sha512"]],
        supports_check_mode=True,
    )
    given = module.params
    try:
        known = sources.variants(dict(given, name=None), given["name"])
        archive = sources.archive(known, platform.machine())
        answer = bring(given["name"], archive, Path(given["dest"]), module.check_mode)
    except Failure as failure:
        module.fail_json(msg=str(failure))
    except OSError as error:
        module.fail_json(msg=f"{error}; run again, it goes on from there")
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
