# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read host keys from the consoles of many instances, waiting for those that are still empty."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.gather import gather
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.host_keys import HostKey, Machine, host_keys

if TYPE_CHECKING:
    from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import Clients
    from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.regions import Account

# GetConsoleOutput has a low request rate in an account; eight at once stay below it.
_WORKERS = 8
# Seconds that the API itself has to answer in, however short the wait for empty consoles is.
_ANSWER = 60.0
_EMPTY = "its console shows no host keys"


def read_consoles(
    clients: Clients, machines: Mapping[Machine, Account], end: float, interval: float
) -> tuple[dict[Machine, tuple[HostKey, ...]], dict[Machine, str]]:
    """Keys of the machines that show some, and why there are none of the others.

    end: time.monotonic() at which waiting ends; interval: seconds between two looks at an empty console.
    """
    by_place = {(machine.region, account) for machine, account in machines.items()}
    made, failed = gather(
        sorted(by_place, key=str), lambda place: clients.ec2(*place), max(_ANSWER, end - time.monotonic())
    )
    reasons = {
        machine: failed[machine.region, account]
        for machine, account in machines.items()
        if (machine.region, account) in failed
    }
    found: dict[Machine, tuple[HostKey, ...]] = {}
    pending = [machine for machine in machines if machine not in reasons]
    while pending:
        answers, errors = gather(
            pending,
            lambda machine: _keys(made[machine.region, machines[machine]], machine.instance_id),
            max(_ANSWER, end - time.monotonic()),
            _WORKERS,
        )
        reasons |= errors
        found |= {machine: keys for machine, keys in answers.items() if keys}
        pending = [machine for machine, keys in answers.items() if not keys]
        if time.monotonic() + interval > end:
            break
        if pending:
            time.sleep(interval)
    return found, {**reasons, **dict.fromkeys(pending, _EMPTY)}


def _keys(ec2: Any, instance_id: str) -> tuple[HostKey, ...]:
    """The newest output; only Nitro instances give it at any time, others what EC2 last kept."""
    try:
        answer = ec2.get_console_output(InstanceId=instance_id, Latest=True)
    except ec2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "UnsupportedOperation":
            raise
        answer = ec2.get_console_output(InstanceId=instance_id)
    return host_keys(answer.get("Output", ""))
