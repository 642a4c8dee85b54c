"""Private DNS zones as the API has them, and the answer to one query about them."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Any

from dnslib import AAAA, CLASS, CNAME, MX, NS, QTYPE, RCODE, RR, SOA, SRV, TXT, A, DNSRecord

CONTROLLERS = ("127.0.0.0/8", "10.213.255.1/32")
"""Who may ask for every zone: the controller is outside the VPCs, as a bastion's own resolver would be."""

MAX_CNAMES = 8
# Route53's own SOA for a new zone.
DEFAULT_SOA = "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"

Key = tuple[str, str]


@dataclass(frozen=True)
class RecordSet:
    """The values of one name and type."""

    ttl: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Zone:
    """A private zone, and the networks that may see it."""

    name: str
    networks: tuple[IPv4Network, ...]
    records: dict[Key, RecordSet]
    names: frozenset[str]

    def find(self, name: str, kind: str) -> RecordSet | None:
        """Return the records of `name`, or of the wildcard that covers it if the name itself does not exist."""
        if name in self.names:
            return self.records.get((name, kind))
        return self.records.get((self._wildcard(name), kind))

    def has(self, name: str) -> bool:
        """Whether the name exists: it has records, or a longer name has, or a wildcard covers it."""
        return name in self.names or bool(self._wildcard(name))

    def _wildcard(self, name: str) -> str:
        """Return the wildcard that covers `name` (RFC 4592: that of its closest existing ancestor), or ''."""
        while name != self.name:
            name = name.partition(".")[2]
            if name in self.names:
                return f"*.{name}" if f"*.{name}" in self.names else ""
        return ""


Zones = tuple[Zone, ...]


def parse_zones(desired: dict[str, Any]) -> Zones:
    """Read the private zones of /_lab/desired; KeyError where it breaks its contract."""
    cidrs = {vpc["id"]: IPv4Network(vpc["cidr"]) for region in desired["regions"].values() for vpc in region["vpcs"]}
    zones = []
    for zone in desired["zones"]:
        if zone["private"]:
            networks = tuple(cidrs[vpc["id"]] for vpc in zone["vpcs"] if vpc["id"] in cidrs)
            zones.append(_zone(_plain(zone["name"]), networks, zone["records"]))
    return tuple(sorted(zones, key=lambda zone: -zone.name.count(".")))


def _zone(name: str, networks: tuple[IPv4Network, ...], rows: list[dict[str, Any]]) -> Zone:
    records: dict[Key, RecordSet] = {}
    names = {name}
    for row in rows:
        owner = _plain(row["name"])
        key = (owner, row["type"])
        before = records.get(key)
        values = tuple(row["values"])
        records[key] = RecordSet(int(row["ttl"]), before.values + values if before else values)
        # Every name between a record and its zone exists too (RFC 8020), with no data.
        while owner != name and owner.endswith(f".{name}"):
            names.add(owner)
            owner = owner.partition(".")[2]
    return Zone(name, networks, records, frozenset(names))


def answer(
    request: DNSRecord, client: str, zones: Zones | None, controllers: tuple[str, ...] = CONTROLLERS
) -> DNSRecord:
    """Answer a query with one question, from `client`; SERVFAIL while the zones are not known."""
    reply = request.reply(ra=1, aa=1)
    if zones is None:
        reply.header.rcode = RCODE.SERVFAIL
        return reply
    name = _plain(str(request.q.qname))
    visible = [zone for zone in zones if _may_see(client, zone, controllers)]
    zone = _zone_of(name, visible)
    if zone is None or request.q.qclass != CLASS.IN:
        reply.header.aa = 0
        reply.header.rcode = RCODE.REFUSED
        return reply
    _fill(reply, name, QTYPE.get(request.q.qtype, str(request.q.qtype)), zone, visible)
    return reply


def _fill(reply: DNSRecord, name: str, kind: str, zone: Zone, visible: list[Zone]) -> None:
    for _round in range(MAX_CNAMES):
        found = zone.find(name, kind)
        if found is not None:
            _add(reply, name, kind, found)
            return
        alias = zone.find(name, "CNAME")
        if alias is None:
            reply.header.rcode = RCODE.NOERROR if zone.has(name) else RCODE.NXDOMAIN
            reply.add_auth(_negative(zone))
            return
        _add(reply, name, "CNAME", alias)
        name = _plain(alias.values[0])
        following = _zone_of(name, visible)
        if following is None:  # the alias leads out of the lab: the client gets the alias alone
            return
        zone = following


def _add(reply: DNSRecord, name: str, kind: str, found: RecordSet) -> None:
    for value in found.values:
        reply.add_answer(RR(name, getattr(QTYPE, kind), ttl=found.ttl, rdata=_rdata(kind, value)))


def _rdata(kind: str, value: str) -> Any:
    if kind not in _RDATA:
        raise ValueError(f"the lab's DNS cannot answer records of type {kind}")
    return _RDATA[kind](value if kind == "TXT" else value.split())


def _strings(value: str) -> list[bytes]:
    """Split a TXT value as Route53 stores it: strings in double quotes, with backslash escapes."""
    strings: list[bytes] = []
    current: list[str] | None = None
    characters = iter(value)
    for character in characters:
        if character == '"' and current is None:
            current = []
        elif character == '"' and current is not None:
            strings.append("".join(current).encode())
            current = None
        elif current is not None:
            current.append(next(characters, "") if character == "\\" else character)
    return strings or [value.encode()]


def _negative(zone: Zone) -> RR:
    """The zone's SOA, kept no longer than a negative answer may be (RFC 2308 section 5)."""
    soa = zone.records.get((zone.name, "SOA"), RecordSet(900, (DEFAULT_SOA,)))
    minimum = int(soa.values[0].split()[6])
    return RR(zone.name, QTYPE.SOA, ttl=min(soa.ttl, minimum), rdata=_rdata("SOA", soa.values[0]))


def _zone_of(name: str, zones: list[Zone]) -> Zone | None:
    """The zone with the longest name that holds `name`; `zones` has longer names first."""
    return next((zone for zone in zones if name == zone.name or name.endswith(f".{zone.name}")), None)


def _may_see(client: str, zone: Zone, controllers: tuple[str, ...]) -> bool:
    address = ip_address(client)
    if not isinstance(address, IPv4Address):
        return False
    return any(address in network for network in (*map(IPv4Network, controllers), *zone.networks))


def _plain(name: str) -> str:
    """A name as it is compared: lower case, no final dot, Route53's `\\052` for `*`."""
    return name.lower().rstrip(".").replace("\\052", "*")


_RDATA: dict[str, Callable[[Any], Any]] = {
    "A": lambda words: A(words[0]),
    "AAAA": lambda words: AAAA(words[0]),
    "CNAME": lambda words: CNAME(words[0]),
    "MX": lambda words: MX(words[1], int(words[0])),
    "NS": lambda words: NS(words[0]),
    "SOA": lambda words: SOA(words[0], words[1], tuple(int(word) for word in words[2:7])),
    "SRV": lambda words: SRV(int(words[0]), int(words[1]), int(words[2]), words[3]),
    "TXT": lambda value: TXT(_strings(value)),
}
