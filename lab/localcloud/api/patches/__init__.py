"""Where moto differs from AWS in a way that this lab would notice; each patch says how."""

import os

from localcloud.api.patches import addresses, authorization, autoscaling, console, instances, route53, s3

PATCHES = (
    *route53.PATCHES,
    *addresses.PATCHES,
    *instances.PATCHES,
    *autoscaling.PATCHES,
    *console.PATCHES,
    *authorization.PATCHES,
    *s3.PATCHES,
)

_applied: list[str] = []


def apply() -> None:
    """Apply all patches to the moto of this process, once."""
    if _applied:
        return
    # moto would make some 1,000 AMIs of other owners, with a snapshot each, in every region.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    for patch in PATCHES:
        patch()
        _applied.append(patch.__name__)
