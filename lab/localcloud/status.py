"""What runs, as one value: printed as a table or as JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import addresses, desired, faults, paths, record, services, site
from localcloud.problems import LabError

ENDPOINTS = {
    "api": addresses.GATEWAY,
    "api_faults": addresses.GATEWAY_CONTROL,
    "artifacts": addresses.MIRROR,
    "dns": f"dns://{addresses.DNS}",
}
CA = paths.STATE / "ca" / "ca.pem"


@dataclass(frozen=True)
class Host:
    """A machine of the lab."""

    name: str
    address: str
    zone: str
    instance_id: str
    roles: tuple[str, ...]
    state: str

    def as_json(self) -> dict[str, Any]:
        """Return its row of `status --json`."""
        return {
            "name": self.name, "address": self.address, "zone": self.zone, "instance_id": self.instance_id,
            "roles": list(self.roles), "state": self.state,
        }  # fmt: skip


@dataclass(frozen=True)
class Status:
    """The lab's state; it is ready when nothing is missing."""

    regions: dict[str, tuple[Host, ...]]
    missing: tuple[str, ...]
    inventory: Path
    faults: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether all that was asked for is there and no fault is active."""
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        """Return what `status --json` prints."""
        return {
            "ready": self.ready,
            "regions": {r: {"hosts": [host.as_json() for host in hosts]} for r, hosts in self.regions.items()},
            "endpoints": ENDPOINTS,
            "ca": str(CA),
            "inventory": str(self.inventory),
        }

    def table(self) -> str:
        """Return the table that a person reads."""
        rows = [("REGION", "HOST", "ADDRESS", "ZONE", "STATE", "ROLES")]
        for region, hosts in self.regions.items():
            rows += [
                (
                    region,
                    host.name.split(f".{region}.")[0],
                    host.address,
                    host.zone[-1],
                    host.state,
                    " ".join(host.roles),
                )
                for host in hosts
            ]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += ["", *(f"{name:<11}{url}" for name, url in ENDPOINTS.items())]
        lines += [f"{'ca':<11}{CA}", f"{'inventory':<11}{self.inventory}", ""]
        lines += ["ready" if self.ready else "not ready:", *(f"  {reason}" for reason in self.missing)]
        return "\n".join(lines)


def regions_of(cloud: desired.Cloud, states: dict[str, str]) -> dict[str, tuple[Host, ...]]:
    """Return the hosts by region, each region's by name."""
    found: dict[str, list[Host]] = {}
    for one in cloud.running:
        name = one.host_name(cloud.domain)
        host = Host(name, one.address, one.zone, one.id, tuple(one.roles), states.get(one.id, "absent"))
        found.setdefault(one.region, []).append(host)
    return {region: tuple(sorted(hosts, key=lambda h: h.name)) for region, hosts in found.items()}


def gather() -> Status:
    """Look at everything once."""
    inventory = site.inventory(site.profile())
    dead = [
        f"{service.name} does not run (lab/lab up starts it)" for service in services.every() if not service.running
    ]
    try:
        cloud = desired.fetch(timeout=10)
    except LabError as error:
        return Status({}, (str(error),), inventory)
    regions = regions_of(cloud, record.read().machines)
    active = faults.read()
    missing = dead
    if not regions:
        missing.append("there are no machines (lab/lab up makes them)")
    missing += [f"{h.name} is {h.state}" for hosts in regions.values() for h in hosts if h.state != "running"]
    missing += record.read().problems
    missing += [f"fault: {fault} (lab/lab heal {fault.id})" for fault in active]
    if regions and not site.done():
        missing.append("site.yml has not been run to its end (lab/lab up runs it)")
    return Status(regions, tuple(missing), inventory, tuple(fault.id for fault in active))
