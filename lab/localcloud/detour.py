"""Policy routing of the delayed ways, and the process that delays them."""

import subprocess
import sys
import time
from collections.abc import Iterable

from localcloud import addresses
from localcloud.desired import Cloud
from localcloud.faults import Fault
from localcloud.problems import LabError
from localcloud.processes import Process

TABLE = 213
PREFERENCE = 9213


def region_networks(region: str, cloud: Cloud) -> list[str]:
    """Return the CIDRs of a region's VPCs that have subnets."""
    vpcs = {subnet.vpc for subnet in cloud.subnets if subnet.region == region}
    return sorted(cloud.vpc_cidrs[vpc] for vpc in vpcs)


def ways(faults: Iterable[Fault], cloud: Cloud) -> list[tuple[str, str, int]]:
    """Return (network, network, milliseconds) of all delayed ways."""
    return sorted(
        (a, b, fault.milliseconds)
        for fault in faults
        if fault.kind == "delay"
        for a in region_networks(fault.targets[0], cloud)
        for b in region_networks(fault.targets[1], cloud)
    )


def rules(wanted: list[tuple[str, str, int]]) -> list[list[str]]:
    """Return the `ip rule` selectors: what comes back from the device first, else it would go round."""
    if not wanted:
        return []
    lines = [["pref", str(PREFERENCE), "iif", addresses.DELAY_DEVICE, "lookup", "main"]]
    for a, b, _delay in wanted:
        for source, target in ((a, b), (b, a)):
            lines.append(["pref", str(PREFERENCE + 1), "from", source, "to", target, "lookup", str(TABLE)])
    return lines


def apply(wanted: list[tuple[str, str, int]], process: Process) -> None:
    """Delay exactly the `wanted` ways; raises LabError where the device does not come up."""
    clear(process)
    if not wanted:
        return
    process.start([sys.executable, "-m", "localcloud.delay", *(f"{a},{b},{ms}" for a, b, ms in wanted)])
    deadline = time.monotonic() + 10
    while subprocess.run(["ip", "link", "show", addresses.DELAY_DEVICE], capture_output=True, check=False).returncode:
        process.expect_alive()
        if time.monotonic() > deadline:
            raise LabError(f"The delay device did not appear within 10 s; see {process.log}")
        time.sleep(0.1)
    route = ["ip", "route", "replace", "default", "dev", addresses.DELAY_DEVICE, "table", str(TABLE)]
    deadline = time.monotonic() + 5
    while (done := subprocess.run(route, capture_output=True, text=True, check=False)).returncode:
        if time.monotonic() > deadline:
            raise LabError(f"{' '.join(route)} failed: {done.stderr.strip()}")
        time.sleep(0.1)
    for rule in rules(wanted):
        subprocess.run(["ip", "rule", "add", *rule], check=True)


def clear(process: Process) -> None:
    """Take all delays away."""
    for preference in (PREFERENCE, PREFERENCE + 1):
        while (
            subprocess.run(["ip", "rule", "del", "pref", str(preference)], capture_output=True, check=False).returncode
            == 0
        ):
            pass
    process.stop()
