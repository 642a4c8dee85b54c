"""Which subnets' route tables lead to each other."""

import ipaddress

from localcloud.desired import Cloud, Route, RouteTable, Subnet


def table_of(subnet: Subnet, tables: tuple[RouteTable, ...]) -> RouteTable | None:
    """Return the route table of a subnet: the one that names it, else its VPC's main one."""
    own = [t for t in tables if t.vpc == subnet.vpc]
    named = [t for t in own if subnet.id in t.subnets]
    return next(iter(named), None) or next((t for t in own if t.main), None)


def chosen_route(table: RouteTable, network: ipaddress.IPv4Network) -> Route | None:
    """Return the active route with the longest prefix that holds all of `network`."""
    fitting = [
        (candidate.prefixlen, route)
        for route in table.routes
        if route.state == "active" and ":" not in route.destination and "/" in route.destination
        if network.subnet_of(candidate := ipaddress.IPv4Network(route.destination))
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def leads(cloud: Cloud, source: Subnet, target: Subnet) -> bool:
    """Return whether a packet from `source` for `target` is carried there by the source's route table."""
    table = table_of(source, cloud.route_tables)
    route = chosen_route(table, ipaddress.IPv4Network(target.cidr)) if table else None
    if route is None:
        return False
    if route.target == "local":
        return source.vpc == target.vpc
    return any(
        peering.id == route.target
        and peering.status == "active"
        and {peering.requester_vpc, peering.accepter_vpc} == {source.vpc, target.vpc}
        for peering in cloud.peerings
    )


def reachable_pairs(cloud: Cloud) -> list[tuple[str, str]]:
    """Return (source CIDR, target CIDR) of all subnets that reach each other both ways, sorted."""
    return sorted(
        (a.cidr, b.cidr)
        for a in cloud.subnets
        for b in cloud.subnets
        if leads(cloud, a, b) and leads(cloud, b, a)
    )  # fmt: skip
