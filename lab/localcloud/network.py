"""Bridges, routes and the machines' network ports (pyroute2)."""

import ipaddress
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pyroute2 import IPRoute, NetNS
from pyroute2.netlink.exceptions import NetlinkError

from localcloud import addresses
from localcloud.desired import Instance, Subnet

_SETTINGS = {
    # The gateway answers for a machine's neighbours: they meet at the filter, not on the wire.
    "net.ipv4.conf.{}.proxy_arp_pvlan": "1",
    "net.ipv4.conf.{}.send_redirects": "0",  # or it would tell them to talk directly
    "net.ipv4.conf.{}.rp_filter": "0",
    "net.ipv6.conf.{}.disable_ipv6": "1",
}


_SCOPE_LINK = 253
_IFF_UP = 1
_NO_PREFIX_ROUTE = 0x200  # IFA_F_NOPREFIXROUTE: the subnet's route is ours to make, with the controller's source


def gateway(cidr: str) -> str:
    """Return a subnet's first address, which is its router as in EC2."""
    return str(ipaddress.ip_network(cidr)[1])


def mac_address(address: str) -> str:
    """Return the MAC address of an IPv4 address (02: locally administered, as EC2's are)."""
    return ":".join(["02", "da", *(f"{octet:02x}" for octet in ipaddress.ip_address(address).packed)])


def _set_sysctl(name: str, value: str) -> None:
    file = Path("/proc/sys") / name.replace(".", "/")
    if file.exists() and file.read_text(encoding="ascii").strip() != value:
        file.write_text(value, encoding="ascii")


def _index(ipr: IPRoute, name: str) -> int | None:
    found = ipr.link_lookup(ifname=name)
    return int(found[0]) if found else None


def _ensure_bridge(ipr: IPRoute, name: str, address: str, prefix: int) -> int:
    """Make the bridge with exactly this address, and return its index."""
    index = _index(ipr, name)
    if index is None:
        ipr.link("add", ifname=name, kind="bridge", br_forward_delay=0, br_stp_state=0)
        index = _index(ipr, name)
    assert index is not None  # noqa: S101 - it was just made
    for setting, value in _SETTINGS.items():
        _set_sysctl(setting.format(name), value)
    ipr.flush_addr(index=index)
    ipr.addr("add", index=index, address=address, prefixlen=prefix, flags=_NO_PREFIX_ROUTE)
    ipr.link("set", index=index, state="up")
    return index


def ensure_controller() -> None:
    """Make the lab's network end on this machine, and give the controller its address in it."""
    _set_sysctl("net.ipv4.ip_forward", "1")
    with IPRoute() as ipr:
        try:
            ipr.route("add", dst=addresses.SUPERNET, type="blackhole", priority=4096)
        except NetlinkError as error:
            if error.code != 17:  # it is there already
                raise
        _ensure_bridge(ipr, addresses.CONTROLLER_BRIDGE, addresses.CONTROLLER, 32)


def ensure_subnets(subnets: Iterable[Subnet]) -> None:
    """Make a bridge for each subnet and remove those of subnets that are gone."""
    wanted = {addresses.bridge_name(s.id): s for s in subnets}
    with IPRoute() as ipr:
        present = {name: index for index, name in _links(ipr) if name.startswith("lab-")}
        for name, index in present.items():
            if name not in wanted and name not in {addresses.CONTROLLER_BRIDGE, addresses.DELAY_DEVICE}:
                ipr.link("del", index=index)
        routes = {
            (route.get_attr("RTA_OIF"), f"{route.get_attr('RTA_DST')}/{route['dst_len']}")
            for route in ipr.get_routes(family=socket.AF_INET)
        }
        for name, subnet in wanted.items():
            if (present.get(name), subnet.cidr) in routes:
                continue
            index = _ensure_bridge(ipr, name, gateway(subnet.cidr), ipaddress.ip_network(subnet.cidr).prefixlen)
            ipr.route("replace", dst=subnet.cidr, oif=index, prefsrc=addresses.CONTROLLER, scope=_SCOPE_LINK)


def _links(ipr: IPRoute) -> list[tuple[int, str]]:
    return [(int(link["index"]), str(link.get_attr("IFLA_IFNAME"))) for link in ipr.get_links()]


def connect(instance: Instance, subnet: Subnet, pid: int) -> None:
    """Give the machine whose init is `pid` its network interface `eth0` in its subnet.

    The host's end is an isolated port of the subnet's bridge: two machines of one subnet reach each other through
    the router only, where the security groups are.
    """
    port = addresses.port_name(instance.id)
    network = ipaddress.ip_network(subnet.cidr)
    with IPRoute() as ipr:
        stale = _index(ipr, port)
        if stale is not None:
            ipr.link("del", index=stale)
        peer = {"ifname": "eth0", "net_ns_pid": pid, "address": mac_address(instance.address)}
        ipr.link("add", ifname=port, kind="veth", peer=peer)
        index = _index(ipr, port)
        bridge = _index(ipr, addresses.bridge_name(subnet.id))
        _set_sysctl(f"net.ipv6.conf.{port}.disable_ipv6", "1")
        _configure(pid, instance.address, network.prefixlen, gateway(subnet.cidr))
        ipr.link("set", index=index, master=bridge)
        ipr.brport("set", index=index, isolated=1)
        ipr.link("set", index=index, state="up")  # last: a port that is up is complete (see `connected`)


def _configure(pid: int, address: str, prefix: int, router: str) -> None:
    with NetNS(f"/proc/{pid}/ns/net") as inside:
        index = inside.link_lookup(ifname="eth0")[0]
        inside.addr("add", index=index, address=address, prefixlen=prefix, broadcast=None)
        inside.link("set", index=index, state="up")
        inside.link("set", index=inside.link_lookup(ifname="lo")[0], state="up")
        inside.route("add", dst="0.0.0.0/0", gateway=router)


def connected(instance_ids: Iterable[str]) -> set[str]:
    """Return those of the instances whose port is complete."""
    with IPRoute() as ipr:
        up = {str(link.get_attr("IFLA_IFNAME")) for link in ipr.get_links() if link["flags"] & _IFF_UP}
    return {one for one in instance_ids if addresses.port_name(one) in up}


def remove_all() -> list[str]:
    """Remove the lab's interfaces, its address and its blackhole route; return the names of what was removed."""
    removed = []
    with IPRoute() as ipr:
        for index, name in _links(ipr):
            if name.startswith(("lab-", "labv-")):
                try:
                    ipr.link("del", index=index)
                except NetlinkError as error:
                    if error.code != 19:  # its other end went and took it along
                        raise
                removed.append(name)
    subprocess.run(["ip", "route", "del", "blackhole", addresses.SUPERNET], check=False, capture_output=True)
    return removed
