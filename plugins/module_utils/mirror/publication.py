# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all mirror modules have in common: their options, the destination these name, and the run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Part, publish
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.directory import DirectoryDestination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.http import HttpAccess, HttpDestination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.s3 import S3Access, S3Destination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.ssh import SshDestination

ARGUMENTS: dict[str, dict[str, Any]] = {
    "destination": {"type": "str", "required": True},
    "cache": {"type": "path", "default": "~/.cache/selfhosted-monitoring/mirror"},
    "s3": {
        "type": "dict",
        "default": {},
        "options": {
            "profile": {"type": "str"},
            "region": {"type": "str"},
            "endpoint_url": {"type": "str"},
            "kms_key_id": {"type": "str"},
        },
    },
    "http": {
        "type": "dict",
        "default": {},
        "options": {
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "ca_path": {"type": "path"},
            "timeout": {"type": "int", "default": 60},
        },
    },
    "ssh_arguments": {"type": "list", "elements": "str", "default": []},
}


def destination_of(parameters: Mapping[str, Any]) -> Destination:
    """Return the destination that a module's parameters name. Raises Failure when it is none of the known kinds."""
    place = str(parameters["destination"])
    if "://" not in place:
        path = Path(place).expanduser()
        if not path.is_absolute():
            raise Failure(f"destination {place}: a directory has to be given by its whole path, as in /srv/mirror")
        return DirectoryDestination(path)
    address = urlsplit(place)
    if address.scheme == "s3" and address.hostname:
        return S3Destination(address.netloc, address.path, S3Access(**(parameters["s3"] or {})))
    if address.scheme in ("http", "https") and address.hostname:
        if address.username or address.password:
            raise Failure(
                "destination: user and password belong into http.username and http.password, not into the URL"
            )
        return HttpDestination(place, HttpAccess(**(parameters["http"] or {})))
    if address.scheme == "ssh" and address.hostname and address.path.strip("/"):
        host = f"{address.username}@{address.hostname}" if address.username else address.hostname
        port = ["-p", str(address.port)] if address.port else []
        return SshDestination(host, unquote(address.path), [*port, *(parameters["ssh_arguments"] or [])])
    raise Failure(
        f"destination {place}: known are a directory (/srv/mirror), s3://bucket/prefix, https://server/path "
        "and ssh://user@host/directory"
    )


def run(module: AnsibleModule, prepare: Callable[[Destination, Path, Path], Part]) -> None:
    """Publish what `prepare(destination, cache, staging)` names, and end the module with what was changed.

    The cache is kept from run to run; the staging directory is removed.
    """
    cache = Path(module.params["cache"])
    try:
        destination = destination_of(module.params)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as staging:
            part = prepare(destination, cache, Path(staging))
            published = publish(destination, part, module.check_mode)
    except (Failure, OSError) as failure:
        module.fail_json(msg=f"{module.params['destination']}: {failure}")
    listing = "".join(f"{path}\n" for path in published)
    module.exit_json(
        changed=bool(published),
        published=published,
        total=len(part.content) + len(part.indices),
        diff={"before": "", "after": listing, "after_header": f"published to {module.params['destination']}"},
    )
