"""What the API says should exist, as typed values (`GET /_lab/desired`)."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology import model

from localcloud import addresses
from localcloud.problems import LabError


@dataclass(frozen=True)
class Subnet:
    """A VPC's subnet."""

    id: str
    vpc: str
    cidr: str
    zone: str
    region: str


@dataclass(frozen=True)
class Route:
    """One line of a route table; `target` is `local`, `pcx-..`, `igw-..` or `nat-..`."""

    destination: str
    target: str
    state: str


@dataclass(frozen=True)
class RouteTable:
    """A route table and the subnets that name it; the main one serves all others of its VPC."""

    id: str
    vpc: str
    main: bool
    subnets: tuple[str, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Peering:
    """A VPC peering connection."""

    id: str
    requester_vpc: str
    accepter_vpc: str
    status: str


@dataclass(frozen=True)
class Permission:
    """One rule of a security group, in EC2's terms (`-1` is any protocol; ports None mean all)."""

    protocol: str
    low: int | None
    high: int | None
    cidrs: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class SecurityGroup:
    """A security group with what it lets in and out."""

    id: str
    ingress: tuple[Permission, ...]
    egress: tuple[Permission, ...]


@dataclass(frozen=True)
class Instance:
    """An EC2 instance."""

    id: str
    state: str
    address: str
    subnet: str
    vpc: str
    zone: str
    region: str
    security_groups: tuple[str, ...]
    public_key: str
    tags: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def roles(self) -> list[str]:
        """The roles of its `monitoring:roles` tag."""
        return self.tags.get("monitoring:roles", "").split()

    @property
    def node_id(self) -> str:
        """Its `monitoring:node-id` tag."""
        return self.tags.get("monitoring:node-id", "")

    def host_name(self, domain: str) -> str:
        """Return its inventory name, its id where no tag numbers it."""
        if not self.node_id.isdigit():
            return self.id
        return model.host_name(tuple(self.roles), int(self.node_id), self.region, domain)

    def host_names(self, domain: str) -> tuple[str, ...]:
        """Return all names that DNS has for it."""
        if not self.node_id.isdigit():
            return (self.id,)
        return model.host_names(tuple(self.roles), int(self.node_id), self.region, domain)


@dataclass(frozen=True)
class Cloud:
    """Everything the API wants the lab to be."""

    regions: tuple[str, ...] = ()
    vpc_cidrs: dict[str, str] = field(default_factory=dict, hash=False)
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    peerings: tuple[Peering, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    instances: tuple[Instance, ...] = ()
    private_zones: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The deployment's private DNS domain (the first private zone)."""
        return self.private_zones[0] if self.private_zones else "monitoring.test"

    @property
    def running(self) -> list[Instance]:
        """The instances that should be running now."""
        return [one for one in self.instances if one.state in {"running", "pending"} and one.address]


def _permissions(rows: list[dict[str, Any]]) -> tuple[Permission, ...]:
    return tuple(
        Permission(
            str(r["protocol"]), r.get("from"), r.get("to"), tuple(r.get("cidrs") or ()), tuple(r.get("groups") or ())
        )
        for r in rows
    )


def _instance(region: str, row: dict[str, Any]) -> Instance:
    return Instance(
        id=row["id"], state=row["state"], address=row.get("address") or "", subnet=row.get("subnet") or "",
        vpc=row.get("vpc") or "", zone=row.get("zone") or "", region=region,
        security_groups=tuple(row.get("security_groups") or ()), public_key=row.get("public_key") or "",
        tags=dict(row.get("tags") or {}),
    )  # fmt: skip


def parse(document: dict[str, Any]) -> Cloud:
    """Turn the API's JSON into a `Cloud`; raises KeyError where the contract is broken."""
    regions: dict[str, dict[str, Any]] = document["regions"]
    return Cloud(
        regions=tuple(regions),
        vpc_cidrs={v["id"]: v["cidr"] for r in regions.values() for v in r["vpcs"]},
        subnets=tuple(
            Subnet(s["id"], s["vpc"], s["cidr"], s["zone"], name) for name, r in regions.items() for s in r["subnets"]
        ),
        route_tables=tuple(
            RouteTable(
                t["id"], t["vpc"], bool(t["main"]), tuple(t["subnets"]),
                tuple(Route(x["destination"], x["target"], x["state"]) for x in t["routes"]),
            )
            for r in regions.values()
            for t in r["route_tables"]
        ),
        peerings=tuple(
            {
                p["id"]: Peering(p["id"], p["requester_vpc"], p["accepter_vpc"], p["status"])
                for r in regions.values()
                for p in r["peerings"]
            }.values()
        ),
        security_groups=tuple(
            SecurityGroup(g["id"], _permissions(g["ingress"]), _permissions(g["egress"]))
            for r in regions.values()
            for g in r["security_groups"]
        ),
        instances=tuple(_instance(name, i) for name, r in regions.items() for i in r["instances"]),
        private_zones=tuple(z["name"].rstrip(".") for z in document.get("zones", []) if z.get("private")),
    )  # fmt: skip


def fetch(api: str = addresses.API, timeout: float = 20.0) -> Cloud:
    """Read the desired state from the lab's API; raises LabError where it does not answer."""
    try:
        with urllib.request.urlopen(f"{api}/_lab/desired", timeout=timeout) as answer:  # noqa: S310 - loopback
            return parse(json.load(answer))
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise LabError(f"The lab's API at {api} does not answer ({error}); start it with: lab/lab up") from error
