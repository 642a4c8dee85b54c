"""EC2 instances: their end, their tags, their pages, their profile."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
from moto.ec2.models.instances import Instance
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.elbv2.models import elbv2_backends

from localcloud.api.patches.replacing import original, replace

# DescribeInstances answers up to 1000 results a page when no MaxResults is sent.
PAGE = 1000


def terminated_instance_lets_go() -> None:
    """moto's terminated instance keeps its interfaces, addresses and target groups for ever.

    On AWS the interfaces made at launch go with it, so that its subnet and security groups can be
    deleted, its address is free again, and no load balancer still lists it.
    """
    terminate = original(Instance, "terminate")

    def end(self: Instance) -> Any:
        if self.state == "terminated":
            return self._state
        previous = terminate(self)
        for interface in list(self.nics.values()):
            for address in interface.private_ip_addresses:
                interface.subnet.del_subnet_ip(address["PrivateIpAddress"])
            self.ec2_backend.enis.pop(interface.id, None)
        self.nics = {}
        backends = elbv2_backends[self.ec2_backend.account_id]
        backends[self.ec2_backend.region_name].notify_terminate_instances([self.id])
        return previous

    replace(Instance, "terminate", end)
    for name in ("private_ip", "private_ip_address", "public_ip", "public_ip_address", "private_dns_name"):
        _without_interface(name)


def _without_interface(name: str) -> None:
    """Let a property of the first interface be None once the interface is gone."""
    getter = original(Instance, name).fget

    def value(self: Instance) -> Any:
        return getter(self) if self.nics else None

    replace(Instance, name, property(value))


def tags_are_looked_up() -> None:
    """moto searches the tags of all resources for those of one: 500 instances took seconds to list."""

    def tags(self: Any) -> list[dict[str, str]]:
        return [
            {
                "key": key,
                "value": value,
                "resource_id": self.id,
                "resource_type": EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), ""),
            }
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    replace(TaggedEC2Resource, "get_tags", tags)


def pages_are_as_large_as_on_aws() -> None:
    """moto answers 100 instances a page when no MaxResults is sent, AWS 1000."""
    describe = original(InstanceResponse, "describe_instances")

    def describe_instances(self: InstanceResponse) -> Any:
        self.params.setdefault("MaxResults", PAGE)
        return describe(self)

    replace(InstanceResponse, "describe_instances", describe_instances)


def profile_has_its_own_id() -> None:
    """moto shows the association's id as the instance profile's; AWS shows the profile's (AIPA...)."""
    init = original(IamInstanceProfileAssociation, "__init__")

    def associate(self: IamInstanceProfileAssociation, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        profile = self.iam_instance_profile
        self.instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}

    replace(IamInstanceProfileAssociation, "__init__", associate)


def volume_status_is_answered() -> None:
    """moto fails with 500 on DescribeVolumeStatus; on AWS a volume without a fault is "ok"."""

    def describe_volume_status(self: ElasticBlockStore) -> ActionResult:
        wished = self._get_param("VolumeIds", []) or None
        volumes = self.ec2_backend.describe_volumes(volume_ids=wished)
        statuses = [
            {
                "VolumeId": volume.id,
                "AvailabilityZone": volume.zone.name,
                "VolumeStatus": {
                    "Status": "ok",
                    "Details": [
                        {"Name": "io-enabled", "Status": "passed"},
                        {"Name": "io-performance", "Status": "not-applicable"},
                    ],
                },
                "Actions": [],
                "Events": [],
            }
            for volume in volumes
        ]
        return ActionResult({"VolumeStatuses": statuses})

    replace(ElasticBlockStore, "describe_volume_status", describe_volume_status)


PATCHES = (
    terminated_instance_lets_go,
    tags_are_looked_up,
    pages_are_as_large_as_on_aws,
    profile_has_its_own_id,
    volume_status_is_answered,
)
