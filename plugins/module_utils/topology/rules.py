# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that a whole topology has to keep. All violations are found at once, none raises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import NODE_ID_TAG, Node

# ZooKeeper's administrator guide: "The myid file ... must be unique within the ensemble and ... between 1 and 255".
_NODE_ID_LIMITS = {"zookeeper": 255}


@dataclass(frozen=True)
class Requirements:
    """What must hold in every region: counts are hosts (or zones, regions), names are roles."""

    min_regions: int = 3
    zones_per_region: int = 3
    minimum_hosts: Mapping[str, int] = field(default_factory=dict)
    odd_roles: Sequence[str] = ()
    replication_factor: int = 3
    spread_roles: Sequence[str] = ()


def violations(nodes: Iterable[Node], regions: Iterable[str], unread: Iterable[str], rules: Requirements) -> list[str]:
    """Every broken rule, as a sentence that names the region and the role.

    regions: all that the inventory names; unread: those that could not be read, which no rule judges.
    """
    in_region: dict[str, list[Node]] = {region: [] for region in regions}
    for node in nodes:
        in_region[node.instance.region].append(node)
    skipped = set(unread)
    found: list[str] = []
    populated = [region for region, members in in_region.items() if members or region in skipped]
    if len(populated) < rules.min_regions:
        found.append(
            f"{len(populated)} region(s) with hosts ({', '.join(populated) or 'none'}), "
            f"min_regions is {rules.min_regions}"
        )
    for region, members in in_region.items():
        if region not in skipped:
            found += [f"{region}: {text}" for text in _region(members, rules)]
    return found


def _region(nodes: Sequence[Node], rules: Requirements) -> Iterable[str]:
    if not nodes:
        yield "no instance carries the deployment's tags; apply Terraform there, or take the region out of regions"
        return
    zones = {node.instance.zone for node in nodes}
    if len(zones) < rules.zones_per_region:
        names = ", ".join(sorted(zones))
        yield f"hosts in {len(zones)} zone(s) ({names}), zones_per_region is {rules.zones_per_region}"
    by_role: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        for role in node.roles:
            by_role[role].append(node)
    yield from _counts({role: len(members) for role, members in by_role.items()}, rules)
    for role in rules.spread_roles:
        yield from _crowded(role, by_role[role], len(zones))
    for role, limit in _NODE_ID_LIMITS.items():
        for node in by_role[role]:
            if node.node_id > limit:
                yield f"{node.instance.id} of role {role} has {NODE_ID_TAG} {node.node_id}, above its limit {limit}"


def _counts(hosts: Mapping[str, int], rules: Requirements) -> Iterable[str]:
    for role, minimum in rules.minimum_hosts.items():
        if hosts.get(role, 0) < minimum:
            yield f"{hosts.get(role, 0)} host(s) of role {role}, minimum_hosts is {minimum}"
    if 0 < hosts.get("kafka", 0) < rules.replication_factor:
        yield f"{hosts['kafka']} Kafka broker(s), fewer than replication_factor {rules.replication_factor}"
    for role in rules.odd_roles:
        if role in hosts and hosts[role] % 2 == 0:
            yield f"{hosts[role]} hosts of role {role}, an ensemble must be odd"


def _crowded(role: str, nodes: Sequence[Node], zones: int) -> Iterable[str]:
    """The role could be in more zones than it is: one zone's loss would take more of it than it must."""
    used = {node.instance.zone for node in nodes}
    # A region with one zone is reported once by zones_per_region; a pair in it still has no second zone.
    if len(used) < min(len(nodes), max(zones, 2)):
        yield f"{len(nodes)} hosts of role {role} are in {len(used)} zone(s) ({', '.join(sorted(used))}); spread them"
