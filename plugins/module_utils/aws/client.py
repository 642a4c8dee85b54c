# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 and STS clients made cheaply, for several accounts and regions from several threads.

botocore's EC2 model has 800 operations; an inventory calls two and wants a few members of their answers.
A client built from the model's few needed parts costs a tenth, and so does parsing an answer with it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

try:
    from botocore.config import Config
    from botocore.loaders import Loader, instance_cache
    from botocore.session import Session
except ImportError:  # Clients says so; this file must import without it, its loader is then never made
    MISSING = True
    Loader, instance_cache = object, staticmethod  # type: ignore[misc, assignment]
else:
    MISSING = False

from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.regions import Account

_OPERATIONS = {
    "ec2": {"DescribeInstances", "DescribeSubnets", "GetConsoleOutput"},
    "sts": None,  # small enough to take whole
}
_MEMBERS = {
    "Reservation": {"OwnerId", "Instances"},
    "Instance": {
        "InstanceId", "InstanceType", "Placement", "VpcId", "IamInstanceProfile", "PrivateIpAddress",
        "PublicIpAddress", "Tags",
    },
    "Placement": {"AvailabilityZone"},
    "Subnet": {"VpcId", "AvailabilityZone"},
}  # fmt: skip


class _LeanLoader(Loader):
    """Loads service models without the operations and answer members that are never used here."""

    @instance_cache
    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if service_name not in _OPERATIONS:  # a profile may need sso, or another way to its credentials
            return super().load_service_model(service_name, type_name, api_version)
        version = api_version or self.determine_latest_version(service_name, type_name)
        model = self.load_data(f"{service_name}/{version}/{type_name}")
        operations = _OPERATIONS[service_name]
        if type_name != "service-2" or operations is None:
            return model
        shapes = {
            name: {**shape, "members": {k: v for k, v in shape["members"].items() if k in _MEMBERS[name]}}
            if name in _MEMBERS
            else shape
            for name, shape in model["shapes"].items()
        }
        return {**model, "shapes": shapes, "operations": {k: model["operations"][k] for k in operations}}


class Clients:
    """Makes clients from one botocore session, whose creation is not thread-safe; the clients are."""

    def __init__(self, profile: str | None, endpoint_url: str | Mapping[str, str] | None, timeout: float) -> None:
        """timeout: seconds that one read from a silent server may last. Raises ImportError without botocore."""
        if MISSING:
            raise ImportError("botocore is missing on the controller; install it with: pip install boto3")
        self._lock = threading.Lock()
        self._profile = profile
        self._endpoint_url = endpoint_url
        self._config = Config(
            connect_timeout=min(timeout, 10),
            read_timeout=timeout,
            retries={"mode": "standard", "total_max_attempts": 4},
            user_agent_extra="selfhosted.monitoring",
        )
        self._session: Session | None = None

    def ec2(self, region: str, account: Account = Account()) -> Any:  # noqa: B008 - frozen
        """An EC2 client; assumes the account's role through the region's own STS endpoint, so regions stay apart.

        Raises botocore's errors: credentials or profile missing, role refused, endpoint unreachable.
        """
        credentials = self._assumed(region, account) if account.role_arn else {}
        return self._client("ec2", region, **credentials)

    def route53(self, region: str) -> Any:
        """A Route53 client; the service is global, the region only chooses the partition and signs."""
        return self._client("route53", region)

    def _assumed(self, region: str, account: Account) -> dict[str, str]:
        request = {"RoleArn": account.role_arn, "RoleSessionName": "selfhosted-monitoring-inventory"}
        if account.external_id:
            request["ExternalId"] = account.external_id
        answer = self._client("sts", region).assume_role(**request)["Credentials"]
        return {
            "aws_access_key_id": answer["AccessKeyId"],
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        }

    def _client(self, service: str, region: str, **credentials: Any) -> Any:
        url = self._endpoint_url
        with self._lock:
            if self._session is None:
                self._session = Session(profile=self._profile)
                loader = _LeanLoader(self._session.get_config_variable("data_path"))
                self._session.register_component("data_loader", loader)
            return self._session.create_client(
                service,
                region_name=region,
                endpoint_url=(url if isinstance(url, str) else (url or {}).get(region)) or None,
                config=self._config,
                **credentials,
            )
