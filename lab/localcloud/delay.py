"""A way between regions that takes longer: a TUN device that holds each packet for a while.

Policy routing sends the packets of a delayed way into the device; this process keeps each one for its time and
writes it back, after which it is routed as any other. Run as `python -m localcloud.delay WAY...`, a WAY being
`NETWORK_A,NETWORK_B,MILLISECONDS`, for both directions.
"""

import fcntl
import heapq
import ipaddress
import os
import select
import struct
import sys
import time
from dataclasses import dataclass

from pyroute2 import IPRoute

from localcloud import addresses

_TUNSETIFF = 0x400454CA  # linux/if_tun.h
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_HELD_AT_MOST = 200_000  # packets; beyond that the way is as full as a router's queue, and drops


@dataclass(frozen=True)
class Way:
    """Two networks and the seconds that a packet takes longer between them."""

    ends: tuple[ipaddress.IPv4Network, ipaddress.IPv4Network]
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Way":
        """Read `NETWORK_A,NETWORK_B,MILLISECONDS`."""
        a, b, milliseconds = text.split(",")
        return cls((ipaddress.IPv4Network(a), ipaddress.IPv4Network(b)), int(milliseconds) / 1000)


def hold(packet: bytes, ways: list[Way]) -> float:
    """Return how many seconds a packet is held: its way's, or 0 for one that belongs to none."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return 0.0
    source, target = ipaddress.IPv4Address(packet[12:16]), ipaddress.IPv4Address(packet[16:20])
    for way in ways:
        a, b = way.ends
        if (source in a and target in b) or (source in b and target in a):
            return way.seconds
    return 0.0


def open_device(name: str = addresses.DELAY_DEVICE) -> int:
    """Create the TUN device, bring it up and return its file descriptor; it goes when that is closed."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    with IPRoute() as ipr:
        index = ipr.link_lookup(ifname=name)[0]
        ipr.link("set", index=index, state="up", txqlen=10000)
    return device


def carry(device: int, ways: list[Way]) -> None:
    """Hold and release packets for ever."""
    held: list[tuple[float, int, bytes]] = []
    known: dict[bytes, float] = {}
    number = 0
    poll = select.poll()
    poll.register(device, select.POLLIN)
    while True:
        wait = None if not held else max(0.0, (held[0][0] - time.monotonic()) * 1000)
        if poll.poll(wait):
            now = time.monotonic()
            for packet in _waiting(device):
                key = packet[12:20]
                if key not in known:
                    known[key] = hold(packet, ways)
                number += 1
                if len(held) < _HELD_AT_MOST:
                    heapq.heappush(held, (now + known[key], number, packet))
        now = time.monotonic()
        while held and held[0][0] <= now:
            packet = heapq.heappop(held)[2]
            try:
                os.write(device, packet)
            except OSError:
                continue  # a packet that the kernel does not want (a malformed or an IPv6 one) is lost, as on a wire


def _waiting(device: int) -> list[bytes]:
    packets = []
    for _round in range(256):
        try:
            packets.append(os.read(device, 65536))
        except BlockingIOError:
            break
    return packets


def main(arguments: list[str]) -> None:
    """Serve the ways given on the command line."""
    ways = [Way.parse(text) for text in arguments]
    carry(open_device(), ways)


if __name__ == "__main__":
    main(sys.argv[1:])
