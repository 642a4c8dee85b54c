"""The machine image that the lab offers in place of Debian's AMI."""

from hashlib import sha256
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami

IMAGE_NAME = "debian-12-amd64-lab"
ROOT_DEVICE = "/dev/xvda"


class LabImage(Ami):
    """An image whose root volume is as in Debian's own: moto gives every image a 15 GiB "standard" one that stays."""

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """The volumes that an instance of this image gets."""
        volume = {
            "SnapshotId": self.ebs_snapshot.id,
            "VolumeSize": 8,
            "VolumeType": "gp3",
            "DeleteOnTermination": True,
            "Encrypted": False,
        }
        return [{"DeviceName": self.root_device_name, "Ebs": volume}]


def image_id(region: str) -> str:
    """Return the id of the lab's image in `region`: the same in every lab, as a public AMI's is."""
    return f"ami-{sha256(f'{IMAGE_NAME}/{region}'.encode()).hexdigest()[:17]}"


def register_image(account: str, region: str) -> str:
    """Register the lab's image in `region`, owned by `account`, and return its id."""
    ec2 = ec2_backends[account][region]
    image = LabImage(
        ec2,
        image_id(region),
        name=IMAGE_NAME,
        description="Debian 12 (amd64) of the lab: a systemd container",
        owner_id=account,
        virtualization_type="hvm",
        architecture="x86_64",
        hypervisor="xen",
        image_location=f"{account}/{IMAGE_NAME}",
        root_device_type="ebs",
        root_device_name=ROOT_DEVICE,
        region_name=f"{region}a",
    )
    ec2.amis[image.id] = image
    return image.id
