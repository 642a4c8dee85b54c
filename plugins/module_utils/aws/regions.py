# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read every (account, region) at once, each in a thread of its own, until one deadline for all."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.cache import Snapshot
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.gather import gather
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import (
    DEPLOYMENT_TAG,
    ENVIRONMENT_TAG,
    Instance,
    Subnet,
)

if TYPE_CHECKING:  # botocore takes a third of a second to import; an answer from the cache needs none of it
    from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import Clients

_PAGE = 1000  # DescribeInstances' own maximum: the fewest round trips


@dataclass(frozen=True)
class Account:
    """How to reach an account: the session's own identity, or a role of the account assumed with it."""

    role_arn: str = ""
    external_id: str = ""

    @property
    def label(self) -> str:
        """For messages: the role, or "own account"."""
        return self.role_arn or "own account"

    @property
    def id(self) -> str:
        """The account number in the role's ARN, or "" for the session's own account."""
        return self.role_arn.split(":")[4] if self.role_arn else ""


@dataclass(frozen=True)
class Target:
    """One region of one account."""

    region: str
    account: Account

    def __str__(self) -> str:
        return f"{self.region} ({self.account.label})" if self.account.role_arn else self.region


@dataclass(frozen=True)
class RegionFailure:
    """A region that could not be read, and why, in words for the operator."""

    target: Target
    reason: str

    def __str__(self) -> str:
        return f"{self.target}: {self.reason}"


def read_regions(
    targets: Sequence[Target], read: Callable[[Target], Snapshot], deadline: float
) -> tuple[dict[Target, Snapshot], list[RegionFailure]]:
    """Snapshots of all targets that answered, failures of the others, at the latest `deadline` seconds from now."""
    snapshots, reasons = gather(targets, read, deadline, workers=len(targets))
    return snapshots, [RegionFailure(target, reasons[target]) for target in targets if target in reasons]


def read_region(clients: Clients, target: Target, deployment: str, environment: str) -> Snapshot:
    """The deployment's running instances and its subnets. Raises botocore's errors."""
    tags = [
        {"Name": f"tag:{DEPLOYMENT_TAG}", "Values": [deployment]},
        {"Name": f"tag:{ENVIRONMENT_TAG}", "Values": [environment]},
    ]
    ec2 = clients.ec2(target.region, target.account)
    subnets: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def read_subnets() -> None:
        try:
            subnets.put(_pages(ec2.describe_subnets, "Subnets", tags))
        except Exception as error:
            subnets.put(error)

    # Both listings at once: with two round trips in a row, distance would cost twice.
    threading.Thread(target=read_subnets, name=f"subnets {target}", daemon=True).start()
    running = [*tags, {"Name": "instance-state-name", "Values": ["running"]}]
    reservations = _pages(ec2.describe_instances, "Reservations", running)
    answer = subnets.get()
    if isinstance(answer, Exception):
        raise answer
    return Snapshot(
        [_instance(item, group["OwnerId"], target.region) for group in reservations for item in group["Instances"]],
        [Subnet(target.region, item["VpcId"], item["AvailabilityZone"]) for item in answer],
        time.time(),
    )


def _pages(call: Callable[..., Any], key: str, filters: Sequence[Any]) -> list[Any]:
    items: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = call(Filters=filters, MaxResults=_PAGE, **token)
        items += page.get(key, [])
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}


def _instance(item: Any, owner: str, region: str) -> Instance:
    return Instance(
        id=item["InstanceId"],
        type=item.get("InstanceType", ""),
        account=owner,
        region=region,
        zone=item.get("Placement", {}).get("AvailabilityZone", ""),
        vpc=item.get("VpcId", ""),
        profile_arn=item.get("IamInstanceProfile", {}).get("Arn", ""),
        private_ip=item.get("PrivateIpAddress", ""),
        public_ip=item.get("PublicIpAddress", ""),
        tags={tag["Key"]: tag["Value"] for tag in item.get("Tags", [])},
    )
