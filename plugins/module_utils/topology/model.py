# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tags say a machine is: from EC2 instances and subnets to nodes with names, zones and roles.

Pure: no Ansible, no AWS. Tags decide which machine is given certificates and secrets, so an instance
that does not match in every respect is refused with all its reasons, never half accepted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

DEPLOYMENT_TAG = "monitoring:deployment"
ENVIRONMENT_TAG = "monitoring:environment"
ROLES_TAG = "monitoring:roles"
NODE_ID_TAG = "monitoring:node-id"

KNOWN_ROLES = frozenset(
    {
        "zookeeper", "kafka", "mirrormaker", "prometheus", "thanos_query", "thanos_store",
        "thanos_compactor", "alertmanager", "alert_router", "grafana", "openldap", "mysql",
        "aws_exporter", "collector",
    }
)  # fmt: skip

# Six digits hold every plausible region and keep a name's first label far below DNS's 63 octets.
_NODE_ID = re.compile(r"[1-9][0-9]{0,5}\Z", re.ASCII)


@dataclass(frozen=True)
class Instance:
    """An EC2 instance as DescribeInstances shows it, of what the topology needs."""

    id: str
    type: str
    account: str
    region: str
    zone: str
    vpc: str
    profile_arn: str
    private_ip: str
    public_ip: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Subnet:
    """A subnet of the deployment; its zones give every zone of its VPC an index."""

    region: str
    vpc: str
    zone: str


@dataclass(frozen=True)
class Node:
    """A machine of the deployment. `names` are all its DNS names, `name` is its inventory_hostname."""

    name: str
    names: tuple[str, ...]
    address: str
    roles: tuple[str, ...]
    node_id: int
    zone_index: int
    instance: Instance


@dataclass(frozen=True)
class Expectation:
    """What an instance has to match before its tags are believed.

    accounts and vpcs are ids, empty for "any account" and "the VPCs of the deployment's tagged subnets";
    profile_path is the IAM path of the instance profile, empty for no check.
    """

    deployment: str
    environment: str
    domain: str
    roles: frozenset[str] = KNOWN_ROLES
    accounts: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()
    profile_path: str = ""
    public_address: bool = False


@dataclass(frozen=True)
class Topology:
    """The accepted nodes in the order of their names, and why the other instances were refused."""

    nodes: tuple[Node, ...]
    refusals: tuple[str, ...] = field(default=())


def zone_indexes(subnets: Iterable[Subnet]) -> dict[tuple[str, str], dict[str, int]]:
    """Zone name to index (from 1, in the order of names) for each (region, VPC)."""
    zones: dict[tuple[str, str], set[str]] = defaultdict(set)
    for subnet in subnets:
        zones[subnet.region, subnet.vpc].add(subnet.zone)
    return {vpc: {zone: n for n, zone in enumerate(sorted(names), 1)} for vpc, names in zones.items()}


def host_name(roles: tuple[str, ...], node_id: int, region: str, domain: str) -> str:
    """The inventory_hostname: the role's own name where a machine has one role, `node-<id>` where several.

    A role's underscore becomes a hyphen: RFC 1123 allows no underscore in a host's name, and TLS checks that.
    """
    stem = roles[0].replace("_", "-") if len(roles) == 1 else "node"
    return f"{stem}-{node_id}.{region}.{domain}"


def host_names(roles: tuple[str, ...], node_id: int, region: str, domain: str) -> tuple[str, ...]:
    """All names of a host, sorted: its inventory_hostname and one for each role."""
    each = (host_name((role,), node_id, region, domain) for role in roles)
    return tuple(sorted({host_name(roles, node_id, region, domain), *each}))


def build(instances: Iterable[Instance], subnets: Iterable[Subnet], expected: Expectation) -> Topology:
    """Nodes of all instances that match; every other instance is refused, with all reasons at once."""
    indexes = zone_indexes(subnets)
    nodes: list[Node] = []
    refused: dict[tuple[str, str], list[str]] = defaultdict(list)
    claims: dict[tuple[str, int], list[Node]] = defaultdict(list)
    for instance in sorted(instances, key=lambda i: (i.region, i.id)):
        node, reasons = _node(instance, indexes, expected)
        for reason in reasons:
            refused[instance.region, reason].append(instance.id)
        if node:
            claims[instance.region, node.node_id].append(node)
    for (region, node_id), claimants in claims.items():
        if len(claimants) == 1:
            nodes += claimants
        else:
            reason = f"all carry {NODE_ID_TAG} {node_id}, which must be unique in a region"
            refused[region, reason] += [node.instance.id for node in claimants]
    refusals = tuple(f"{_listed(ids)} in {region}: {reason}" for (region, reason), ids in refused.items())
    return Topology(tuple(sorted(nodes, key=lambda n: (n.instance.region, n.node_id))), refusals)


def _listed(ids: list[str], most: int = 20) -> str:
    """All ids, or the first ones: one mistake in Terraform can refuse hundreds for one reason."""
    rest = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + rest


def _node(
    instance: Instance, indexes: Mapping[tuple[str, str], Mapping[str, int]], expected: Expectation
) -> tuple[Node | None, list[str]]:
    reasons = [*_foreign(instance, indexes, expected)]
    roles = tuple(sorted(set(instance.tags.get(ROLES_TAG, "").split())))
    if not roles:
        reasons.append(f"tag {ROLES_TAG} is missing or empty")
    for role in roles:
        if role not in expected.roles:
            reasons.append(f"unknown role {role!r} in tag {ROLES_TAG} (known: {' '.join(sorted(expected.roles))})")
    number = instance.tags.get(NODE_ID_TAG)
    if number is None:
        reasons.append(f"tag {NODE_ID_TAG} is missing")
    elif not _NODE_ID.match(number):
        reasons.append(f"tag {NODE_ID_TAG} is {number!r}, not an integer from 1 to 999999")
    address = instance.public_ip if expected.public_address else instance.private_ip
    if not address:
        reasons.append(f"has no {'public' if expected.public_address else 'private'} address")
    zone_index = indexes.get((instance.region, instance.vpc), {}).get(instance.zone)
    if reasons or zone_index is None or number is None:
        return None, reasons
    node_id = int(number)
    name = host_name(roles, node_id, instance.region, expected.domain)
    names = host_names(roles, node_id, instance.region, expected.domain)
    return Node(name, names, address, roles, node_id, zone_index, instance), []


def _foreign(
    instance: Instance, indexes: Mapping[tuple[str, str], Mapping[str, int]], expected: Expectation
) -> Iterable[str]:
    """Reasons why the instance is not the deployment's own, whatever its tags say."""
    for tag, value in ((DEPLOYMENT_TAG, expected.deployment), (ENVIRONMENT_TAG, expected.environment)):
        if instance.tags.get(tag) != value:
            yield f"tag {tag} is {instance.tags.get(tag)!r}, not {value!r}"
    if expected.accounts and instance.account not in expected.accounts:
        yield f"belongs to account {instance.account}, expected {' or '.join(sorted(expected.accounts))}"
    zones = indexes.get((instance.region, instance.vpc))
    if expected.vpcs and instance.vpc not in expected.vpcs:
        yield f"is in VPC {instance.vpc or 'none'}, expected {' or '.join(sorted(expected.vpcs))}"
    elif zones is None:
        yield f"is in VPC {instance.vpc or 'none'}, which has no subnet tagged {DEPLOYMENT_TAG}={expected.deployment}"
    elif instance.zone not in zones:
        yield f"is in zone {instance.zone}, where VPC {instance.vpc} has no subnet of the deployment"
    if expected.profile_path and not _profile_matches(instance, expected.profile_path):
        yield f"has instance profile {instance.profile_arn or 'none'}, expected one under {expected.profile_path}"


def _profile_matches(instance: Instance, path: str) -> bool:
    """An ARN is arn:PARTITION:iam::ACCOUNT:instance-profile/PATH/NAME; the account must be the instance's own."""
    fields = instance.profile_arn.split(":", 5)
    if len(fields) != 6 or fields[2] != "iam" or fields[4] != instance.account:
        return False
    prefix = f"instance-profile/{path.strip('/')}/"
    return fields[5].startswith(prefix) and len(fields[5]) > len(prefix)
