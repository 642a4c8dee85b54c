"""The cloud's packet filter: security groups, route tables and faults as one nftables table."""

import ipaddress
import subprocess
from collections.abc import Iterable

from localcloud import addresses, detour
from localcloud.desired import Cloud, Instance, Permission
from localcloud.faults import Fault, severed_pairs
from localcloud.problems import LabError
from localcloud.reachability import reachable_pairs

TABLE = "monitoring_lab"
SERVICE_PORTS = (addresses.GATEWAY_PORT, addresses.MIRROR_PORT)


def _set(values: Iterable[str]) -> str:
    return "{ " + ", ".join(values) + " }"


def _protocol_match(rule: Permission) -> str:
    """Return nft's expression for a permission's protocol and ports (empty: all)."""
    if rule.protocol in {"-1", "all"}:
        return ""
    if rule.protocol in {"tcp", "udp", "6", "17"}:
        name = {"6": "tcp", "17": "udp"}.get(rule.protocol, rule.protocol)
        if rule.low is None or rule.high is None or (rule.low, rule.high) in {(0, 65535), (-1, -1)}:
            return f"meta l4proto {name} "
        ports = str(rule.low) if rule.low == rule.high else f"{rule.low}-{rule.high}"
        return f"{name} dport {ports} "
    if rule.protocol in {"icmp", "1"}:
        if rule.low is None or rule.low < 0:
            return "meta l4proto icmp "
        code = "" if rule.high is None or rule.high < 0 else f"icmp code {rule.high} "
        return f"icmp type {rule.low} {code}"
    return f"meta l4proto {rule.protocol} "


def _peers(rule: Permission, members: dict[str, list[str]]) -> list[str]:
    """Return the IPv4 networks and addresses that a permission names, overlaps merged."""
    networks = [ipaddress.ip_network(c, strict=False) for c in rule.cidrs if ":" not in c]
    networks += [ipaddress.ip_network(a) for group in rule.groups for a in members.get(group, [])]
    merged = ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv4Network))
    return [str(n.network_address) if n.prefixlen == 32 else str(n) for n in merged]


def _permission_lines(
    rules: Iterable[Permission], field: str, members: dict[str, list[str]], verdict: str
) -> list[str]:
    lines = {
        f"ip {field} {_set(peers)} {_protocol_match(rule)}{verdict}"
        for rule in rules
        if (peers := _peers(rule, members))
    }
    return sorted(lines)


def _chain(name: str, lines: Iterable[str]) -> str:
    body = "".join(f"\t\t{line}\n" for line in lines)
    return f"\tchain {name} {{\n{body}\t}}\n"


def _group_key(instance: Instance) -> tuple[str, ...]:
    return tuple(sorted(instance.security_groups))


def _dispatch(field: str, stem: str, instances: list[Instance], names: dict[tuple[str, ...], int]) -> list[str]:
    """Return the jump from an address to the chain of its security groups."""
    if not instances:
        return []
    jumps = (
        f"{one.address} : jump {stem}_{names[_group_key(one)]}" for one in sorted(instances, key=lambda i: i.address)
    )
    return [f"ip {field} vmap {_set(jumps)}"]


def render(cloud: Cloud, faults: Iterable[Fault] = ()) -> str:
    """Return the nft commands that replace the whole table in one transaction.

    A new connection between hosts passes if the route tables of both subnets lead to the other one, the source's
    groups let it out and the destination's groups let it in. Established ones pass. All else is dropped and
    counted under the reason's name (`nft list counters table inet monitoring_lab`).
    """
    running, faults = cloud.running, list(faults)
    members: dict[str, list[str]] = {}
    for one in running:
        for group in one.security_groups:
            members.setdefault(group, []).append(one.address)
    groups = {group.id: group for group in cloud.security_groups}
    names = {key: number for number, key in enumerate(sorted({_group_key(one) for one in running}))}

    chains = []
    for key, number in names.items():
        held = [groups[g] for g in key if g in groups]
        egress = _permission_lines((r for g in held for r in g.egress), "daddr", members, "return")
        ingress = _permission_lines((r for g in held for r in g.ingress), "saddr", members, "accept")
        chains.append(_chain(f"egress_{number}", [*egress, 'counter name "egress_refused" drop']))
        chains.append(_chain(f"ingress_{number}", [*ingress, 'counter name "ingress_refused" drop']))

    # A subnet's bridge may only send what comes from that subnet (EC2's source check).
    source_check = [
        f'iifname "{addresses.bridge_name(s.id)}" ip saddr != {s.cidr} counter name "spoofed" drop'
        for s in cloud.subnets
    ]
    severed = [f'ip saddr {a} ip daddr {b} counter name "severed" drop' for a, b in severed_pairs(faults, cloud)]
    # A packet on its way into the delay is tracked when it comes out: tracked twice, a refusal (RST) would end its
    # connection the first time and be invalid the second.
    before_delay = [
        f'iifname != "{addresses.DELAY_DEVICE}" ip saddr {source} ip daddr {target} notrack'
        for a, b, _milliseconds in detour.ways(faults, cloud)
        for source, target in ((a, b), (b, a))
    ]
    routes = [f"{a} . {b}" for a, b in reachable_pairs(cloud)]
    known = [f'ip saddr . ip daddr != {_set(routes)} counter name "no_route" drop'] if routes else ["drop"]
    host_to_host = [
        f'oifname "{addresses.DELAY_DEVICE}" accept',  # it comes back from there, and is judged then
        "ct state established,related accept",
        "ct state invalid drop",
        *known,
        *_dispatch("saddr", "egress", running, names),
        *_dispatch("daddr", "ingress", running, names),
        'counter name "outside" drop',
    ]
    ports = _set(str(p) for p in SERVICE_PORTS)
    to_services = [
        "ct state established,related accept",
        f"ip daddr {addresses.CONTROLLER} udp dport {addresses.DNS_PORT} accept",
        f"ip daddr {addresses.CONTROLLER} tcp dport {addresses.DNS_PORT} accept",
        f"ip daddr {addresses.CONTROLLER} tcp dport {ports} accept",
        'counter name "outside" drop',
    ]
    from_controller = [
        "ct state established,related accept",
        *_dispatch("daddr", "ingress", running, names),
        'counter name "outside" reject',
    ]
    counters = ("egress_refused", "ingress_refused", "no_route", "severed", "spoofed", "outside")
    return "".join(
        [
            f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n",
            *(f"\tcounter {name} {{ }}\n" for name in counters),
            *chains,
            _chain("severed_ways", severed),
            _chain("source_check", source_check),
            _chain("host_to_host", host_to_host),
            _chain("to_services", to_services),
            _chain("from_controller", from_controller),
            _chain("before_delay", ["type filter hook prerouting priority raw; policy accept;", *before_delay]),
            _chain("forward", [
                "type filter hook forward priority filter; policy accept;",
                f'iifname != "lab-*" oifname != "lab-*" ip daddr != {addresses.SUPERNET} accept',
                'iifname != "lab-*" oifname != "lab-*" meta nfproto ipv6 accept',
                "jump source_check",
                "jump severed_ways",
                "jump host_to_host",
            ]),
            _chain("input", [
                "type filter hook input priority filter; policy accept;",
                'iifname != "lab-*" accept',
                "jump source_check",
                "jump severed_ways",
                "jump to_services",
            ]),
            _chain("output", [
                "type filter hook output priority filter; policy accept;",
                "meta nfproto ipv6 accept",
                'oifname "lab-*" icmp type redirect drop',  # neighbours are not to talk past the filter
                f"ip daddr != {addresses.SUPERNET} accept",
                f"ip daddr {addresses.CONTROLLER} accept",
                "jump severed_ways",
                "jump from_controller",
            ]),
            "}\n",
        ]
    )  # fmt: skip


def apply(text: str) -> None:
    """Load a rendered table; raises LabError with nft's words where the kernel refuses it."""
    done = subprocess.run(["nft", "-f", "-"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"nft refused the lab's packet filter: {done.stderr.strip()[:600]}")


def remove() -> None:
    """Remove the table; it is no error if there is none."""
    apply(f"table inet {TABLE}\ndelete table inet {TABLE}\n")
    for chain in ("DOCKER-USER",):
        subprocess.run(["iptables", "-w", "-D", chain, *_DOCKER_RULE], capture_output=True, check=False)


_DOCKER_RULE = ["-i", "lab-+", "-o", "lab-+", "-j", "ACCEPT"]


def pass_docker() -> None:
    """Let the lab's forwarded packets through Docker's own filter, whose policy is to drop them."""
    check = subprocess.run(["iptables", "-w", "-C", "DOCKER-USER", *_DOCKER_RULE], capture_output=True, check=False)
    if check.returncode:
        subprocess.run(["iptables", "-w", "-I", "DOCKER-USER", *_DOCKER_RULE], capture_output=True, check=False)
