"""The account's users as they are at `lab up`: one a tool, each with the least it needs.

Made in-process before the server listens, so that there is no moment without IAM.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.iam.models import IAMBackend, iam_backends

from localcloud.paths import private_directory, write_private

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class AccessKey:
    """An IAM user's access key."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"AccessKey(id={self.id!r})"


INVENTORY_ROLE = "arn:aws:iam::*:role/monitoring-inventory"
DNS_ACTIONS = (
    "route53:ListHostedZones",
    "route53:ListHostedZonesByName",
    "route53:ListHostedZonesByVPC",
    "route53:GetHostedZone",
    "route53:ListResourceRecordSets",
    "route53:ChangeResourceRecordSets",
    "route53:GetChange",
    "sts:GetCallerIdentity",
)
MIRROR_BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetBucketLocation", "s3:HeadBucket")
MIRROR_OBJECT_ACTIONS = ("s3:GetObject", "s3:HeadObject", "s3:PutObject", "s3:DeleteObject")


def policies(mirror_bucket: str, regions: tuple[str, ...]) -> dict[str, list[Statement]]:
    """Return each user's policy statements, by profile name.

    `inventory` has what plugins/inventory/ec2_topology.py and plugins/modules/ec2_known_hosts.py ask for
    in their documentation: a call beyond it must fail in the lab first.
    """
    read_topology = {
        **_allow(("ec2:DescribeInstances", "ec2:DescribeSubnets")),
        "Condition": {"StringEquals": {"aws:RequestedRegion": list(regions)}},
    }
    bucket = f"arn:aws:s3:::{mirror_bucket}"
    return {
        "terraform": [_allow(("*",))],
        "inventory": [
            read_topology,
            _allow(("sts:AssumeRole",), INVENTORY_ROLE),
            _allow(("ec2:GetConsoleOutput",)),
        ],
        "dns": [_allow(DNS_ACTIONS)],
        "mirror": [
            _allow(MIRROR_BUCKET_ACTIONS, bucket),
            _allow(MIRROR_OBJECT_ACTIONS, f"{bucket}/*"),
            _allow(("sts:GetCallerIdentity",)),
        ],
    }


def create_users(account: str, statements: Mapping[str, list[Statement]]) -> dict[str, AccessKey]:
    """Create an IAM user with an access key and an inline policy for each profile of `statements`."""
    iam: IAMBackend = iam_backends[account]["aws"]
    keys = {}
    for name, allowed in statements.items():
        iam.create_user(region_name="us-east-1", user_name=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_user_policy(name, f"lab-{name}", document)
        key = iam.create_access_key(name)
        keys[name] = AccessKey(key.access_key_id, key.secret_access_key)
    return keys


def write_profiles(directory: Path, keys: Mapping[str, AccessKey], endpoint_url: str, region: str) -> None:
    """Write `config` and `credentials`, as AWS's SDKs read them, into `directory`: each 0600, in one rename."""
    config = []
    credentials = []
    for name, key in keys.items():
        config.append(
            f"[profile {name}]\nregion = {region}\noutput = json\nendpoint_url = {endpoint_url}\n"
            "s3 =\n    addressing_style = path\n"
        )
        credentials.append(f"[{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n")
    private_directory(directory)
    write_private(directory / "credentials", "\n".join(credentials))
    write_private(directory / "config", "\n".join(config))


def _allow(actions: tuple[str, ...], resource: str = "*") -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
