"""What the account wants to exist, read from moto's memory: the answer of GET /_lab/desired.

The caller holds the application's lock. Default VPCs, which every AWS account has in every region,
are left out: their 172.31.0.0/16 repeats in each region and nothing of a deployment lives there.
"""

from base64 import b64decode
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.route53.models import FakeZone, route53_backends

Json = dict[str, Any]


def desired(account: str, regions: tuple[str, ...]) -> Json:
    """Return the regions' networks and instances, and the account's DNS zones.

    `regions` always appear, others only if they hold a VPC that is not the default one.
    """
    backends: dict[str, EC2Backend] = dict(ec2_backends[account])
    for region in regions:
        backends.setdefault(region, ec2_backends[account][region])
    zones = route53_backends[account]["aws"].zones.values()
    described = {name: _region(backend) for name, backend in sorted(backends.items())}
    return {
        "regions": {name: it for name, it in described.items() if name in regions or it["vpcs"]},
        "zones": [_zone(zone) for zone in zones],
    }


def _region(ec2: EC2Backend) -> Json:
    vpcs = {vpc.id: vpc for vpc in ec2.vpcs.values() if not _is_default(vpc)}
    subnets = [subnet for by_zone in ec2.subnets.values() for subnet in by_zone.values()]
    groups = [group for by_id in ec2.groups.values() for group in by_id.values()]
    return {
        "vpcs": [{"id": vpc.id, "cidr": vpc.cidr_block} for vpc in vpcs.values()],
        "subnets": [
            {"id": s.id, "vpc": s.vpc_id, "cidr": s.cidr_block, "zone": s.availability_zone}
            for s in subnets
            if s.vpc_id in vpcs
        ],
        "route_tables": [_route_table(t) for t in ec2.route_tables.values() if t.vpc_id in vpcs],
        "peerings": [
            {
                "id": peering.id,
                "requester_vpc": peering.vpc.id,
                "accepter_vpc": peering.peer_vpc.id,
                "status": peering.status["Code"],
            }
            for peering in ec2.vpc_pcxs.values()
            if peering.status["Code"] != "deleted"
        ],
        "security_groups": [_security_group(group) for group in groups if group.vpc_id in vpcs],
        "instances": [
            _instance(ec2, instance)
            for reservation in ec2.reservations.values()
            for instance in reservation.instances
            if instance.state != "terminated" and instance.vpc_id in vpcs
        ],
    }


def _is_default(vpc: Any) -> bool:
    return str(vpc.is_default).lower() == "true"


def _route_table(table: RouteTable) -> Json:
    associations = table.associations
    return {
        "id": table.id,
        "vpc": table.vpc_id,
        "main": any(association["Main"] for association in associations),
        "subnets": [a["SubnetId"] for a in associations if "SubnetId" in a],
        "routes": [_route(route) for route in table.routes if route.destination_cidr_block],
    }


def _route(route: Route) -> Json:
    target = (
        route.gateway_id
        or route.vpc_peering_connection_id
        or route.nat_gateway_id
        or route.instance_id
        or route.network_interface_id
        or route.transit_gateway_id
    )
    peering = route.vpc_pcx
    # moto calls every route active; on AWS one over a peering that is not active leads nowhere.
    alive = peering is None or peering.status["Code"] == "active"
    return {
        "destination": route.destination_cidr_block,
        "target": target,
        "state": "active" if alive else "blackhole",
    }


def _security_group(group: SecurityGroup) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "vpc": group.vpc_id,
        "ingress": _rules(group.ingress_rules),
        "egress": _rules(group.egress_rules),
    }


def _rules(rules: list[SecurityGroupRule]) -> list[Json]:
    """The IPv4 rules: one with an IPv6 range or a prefix list alone is left out."""
    found = []
    for rule in rules:
        cidrs = [rule.cidr_ipv4] if rule.cidr_ipv4 else []
        sources = [rule.source_group["GroupId"]] if rule.source_group.get("GroupId") else []
        if cidrs or sources:
            found.append(
                {
                    "protocol": rule.ip_protocol,
                    "from": rule.from_port,
                    "to": rule.to_port,
                    "cidrs": cidrs,
                    "groups": sources,
                }
            )
    return found


def _instance(ec2: EC2Backend, instance: Instance) -> Json:
    key = ec2.key_pairs.get(instance.key_name or "")
    groups = {group.id for interface in instance.nics.values() for group in interface.group_set}
    return {
        "id": instance.id,
        "state": instance.state,
        "address": instance.private_ip,
        "subnet": instance.subnet_id,
        "vpc": instance.vpc_id,
        "zone": instance.availability_zone,
        "security_groups": sorted(groups),
        "key_name": instance.key_name,
        "public_key": key.public_key.strip() if key else None,
        "tags": dict(ec2.tags.get(instance.id, {})),
        "launch_time": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user_data": _text(instance.user_data),
    }


def _text(user_data: Any) -> str | None:
    if user_data is None:
        return None
    return b64decode(str(user_data)).decode("utf-8", errors="replace")


def _zone(zone: FakeZone) -> Json:
    return {
        "name": zone.name.rstrip("."),
        "private": bool(zone.private_zone),
        "vpcs": [{"id": vpc["vpc_id"], "region": vpc.get("vpc_region")} for vpc in zone.vpcs],
        "records": [
            {
                "name": record.name.rstrip("."),
                "type": record.type,
                "ttl": int(record.ttl or 0),
                "values": list(record.records),
            }
            for record in zone.rrsets
            if record.records
        ],
    }
