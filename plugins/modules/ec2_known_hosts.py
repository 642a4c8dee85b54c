#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_known_hosts
short_description: Host keys of EC2 instances are in known_hosts before the first connection
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Reads the SSH host keys that cloud-init prints to the console of an instance at its first boot, by the EC2 API,
    and writes them to a known_hosts file. No key is ever taken from the network connection that it is to protect.
  - One call serves all hosts. It runs on the controller and asks only for instances whose keys the file does not hold.
  - Each line ends in a comment C(ec2:<region>/<instance id>). So a new instance at a re-used name or address takes it
    over from the old one; lines without such a comment are left alone.
requirements:
  - boto3 >= 1.35
attributes:
  check_mode:
    description: Reads the consoles and shows what would be written.
    support: full
  diff_mode:
    description: Shows the lines of the file that change.
    support: full
options:
  path:
    description: The known_hosts file. Its directory is made (mode 0700) where it is missing.
    type: path
    default: ~/.ssh/known_hosts
  instances:
    description: The instances, each with the names and addresses by which it is connected to.
    type: list
    elements: dict
    required: true
    suboptions:
      instance_id:
        description: The instance.
        type: str
        required: true
      region:
        description: Its region.
        type: str
        required: true
      names:
        description: Host names and addresses.
        type: list
        elements: str
        required: true
      role_arn:
        description: Role to assume, where the instance is in another account.
        type: str
      external_id:
        description: External id that the role asks for.
        type: str
  timeout:
    description: Seconds to wait, in all, for consoles that are still empty. EC2 shows a console some time after boot.
    type: int
    default: 300
  interval:
    description: Seconds between two looks at the consoles that are still empty.
    type: int
    default: 10
  purge:
    description: Also remove the marked lines of all other instances. Not with O(instances) of a limited run.
    type: bool
    default: false
  profile:
    description: Profile of the AWS configuration. By default the usual AWS chain finds an identity.
    type: str
  endpoint_url:
    description: URL of the EC2 API, or a mapping of region to URL. By default what the AWS configuration says.
    type: raw
notes:
  - The identity needs C(ec2:GetConsoleOutput).
"""

EXAMPLES = r"""
- name: Host keys of all instances are in the controller's known_hosts
  selfhosted.monitoring.ec2_known_hosts:
    path: ~/.ssh/known_hosts_monitoring
    instances: "{{ hostvars | selfhosted.monitoring.ec2_machines(ansible_play_hosts_all) }}"
  delegate_to: localhost
  run_once: true

- name: The host key of one instance is known
  selfhosted.monitoring.ec2_known_hosts:
    instances:
      - instance_id: i-0123456789abcdef0
        region: eu-west-1
        names: [kafka-1.eu-west-1.monitoring.example.com, 10.0.16.10]
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The known_hosts file.
  type: str
  returned: always
  sample: /home/operator/.ssh/known_hosts
read:
  description: Instances whose console was read in this run.
  type: list
  elements: str
  returned: always
  sample: [i-0123456789abcdef0]
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import Clients
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.console import read_consoles
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.host_keys import (
    Machine,
    invalid_names,
    known_keys,
    render,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.regions import Account


def _write(path: Path, text: str) -> None:
    """Replace the file in one rename, keeping its mode; ssh may read it at any moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".known_hosts.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink()
        raise


def _way_out(missing: dict[Machine, str], path: Path) -> str:
    lines = [f"  - {m.instance_id} ({m.names[0]}) in {m.region}: {reason}" for m, reason in missing.items()]
    example = next(iter(missing))
    return "\n".join(
        [
            f"No host key of {len(missing)} instance(s) could be read; they were not trusted:",
            *lines,
            "Where the console no longer holds the keys (a long uptime scrolls them off), read the instance's "
            "/etc/ssh/ssh_host_ed25519_key.pub over a channel that you trust (Session Manager, the serial console, "
            f"its volume) and add this line to {path}:",
            f"  {','.join(example.names)} ssh-ed25519 AAAA... {example.mark}",
        ]
    )


def main() -> None:
    instance = {
        "instance_id": {"type": "str", "required": True},
        "region": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "required": True},
        "role_arn": {"type": "str"},
        "external_id": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "~/.ssh/known_hosts"},
            "instances": {"type": "list", "elements": "dict", "required": True, "options": instance},
            "timeout": {"type": "int", "default": 300},
            "interval": {"type": "int", "default": 10},
            "purge": {"type": "bool", "default": False},
            "profile": {"type": "str"},
            "endpoint_url": {"type": "raw"},
        },
        supports_check_mode=True,
    )
    _run(module, module.params)


def _run(module: AnsibleModule, params: dict[str, Any]) -> None:
    path = Path(params["path"])
    accounts: dict[Machine, Account] = {}
    for item in params["instances"]:
        machine = Machine(item["instance_id"], item["region"], tuple(dict.fromkeys(filter(None, item["names"]))))
        accounts[machine] = Account(item["role_arn"] or "", item["external_id"] or "")
    if problems := invalid_names(accounts):
        module.fail_json(msg="; ".join(problems))
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"{path} cannot be read: {error}")
    keys = known_keys(before)
    wanted = {machine: account for machine, account in accounts.items() if machine.mark not in keys}
    missing: dict[Machine, str] = {}
    if wanted:
        try:
            clients = Clients(params["profile"], params["endpoint_url"], timeout=30)
        except ImportError as error:
            module.fail_json(msg=str(error))
        end = time.monotonic() + params["timeout"]
        found, missing = read_consoles(clients, wanted, end, params["interval"])
        keys |= {machine.mark: read for machine, read in found.items()}
    after = render(before, list(accounts), keys, purge=params["purge"])
    result = {
        "changed": after != before,
        "path": str(path),
        "read": sorted(machine.instance_id for machine in wanted if machine not in missing),
        "diff": {"before": before, "after": after, "before_header": str(path), "after_header": str(path)},
    }
    if after != before and not module.check_mode:
        try:
            _write(path, after)
        except OSError as error:
            module.fail_json(msg=f"{path} cannot be written: {error}")
    # Keys that were found are kept although others are missing: a second run asks only for those.
    if missing:
        module.fail_json(msg=_way_out(missing, path), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
