"""The resolver of the lab's VPCs: answers their private zones from the API, and nothing else.

`python -m localcloud.dns`. Stands for Route53 Resolver ("the VPC's .2 address"). It differs from it:
names outside the private zones are REFUSED (the lab has no outside), a query is judged by its source
address, and several record sets of one name and type (weighted, failover) are answered together.
"""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import aiohttp
from dnslib import DNSError, DNSRecord

from localcloud import addresses
from localcloud.api.zones import CONTROLLERS, Zones, answer, parse_zones
from localcloud.gateway import host_and_port

log = logging.getLogger("lab.dns")

REFRESH_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
UDP_BYTES = 512
MAX_UDP_BYTES = 4096
TCP_IDLE_SECONDS = 30.0

Load = Callable[[], Awaitable[Zones]]


@dataclass
class Source:
    """The zones as the API has them: at most a second old, or the last good ones while it is down."""

    load: Load
    zones: Zones | None = None
    _asked: float = float("-inf")
    _refreshing: asyncio.Task[None] | None = None
    _failing: bool = field(default=False)

    async def current(self) -> Zones | None:
        """Return the zones; None if the API never answered."""
        if self._refreshing is None and time.monotonic() - self._asked >= REFRESH_SECONDS:
            self._asked = time.monotonic()
            self._refreshing = asyncio.create_task(self._refresh())
        if self._refreshing is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._refreshing), PATIENCE_SECONDS)
        return self.zones

    async def _refresh(self) -> None:
        try:
            self.zones = await self.load()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError) as error:
            if not self._failing:
                log.warning(
                    "the API does not answer (%s: %s): serving the last good zones", type(error).__name__, error
                )
            self._failing = True
        else:
            self._failing = False
        finally:
            self._refreshing = None


@dataclass
class Server:
    """Answers queries over UDP and TCP."""

    source: Source
    controllers: tuple[str, ...] = CONTROLLERS

    async def reply(self, query: bytes, client: str) -> DNSRecord | None:
        """Return the answer to a packet from `client` (an address); None to a packet that is no query."""
        try:
            request = DNSRecord.parse(query)
        except (DNSError, ValueError):
            return None
        if request.header.qr or len(request.questions) != 1:
            return None
        return answer(request, client, await self.source.current(), self.controllers)

    async def tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one TCP connection (RFC 1035 section 4.2.2: each message has a two-byte length)."""
        client = writer.get_extra_info("peername")[0]
        with contextlib.suppress(asyncio.IncompleteReadError, TimeoutError, OSError):
            while True:
                async with asyncio.timeout(TCP_IDLE_SECONDS):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    query = await reader.readexactly(length)
                reply = await self.reply(query, client)
                if reply is None:
                    break
                packet = reply.pack()
                writer.write(len(packet).to_bytes(2, "big") + packet)
                await writer.drain()
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    """The UDP side of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket to answer on."""
        # asyncio's own datagram transport is not an instance of the class it documents.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a query without holding up the next one."""
        task = asyncio.create_task(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self._server.reply(data, addr[0])
        if reply is None or self._transport is None:
            return
        packet = reply.pack()
        if len(packet) > _room(data):
            packet = reply.truncate().pack()
        self._transport.sendto(packet, addr)


def _room(query: bytes) -> int:
    """How large an answer the client takes over UDP: what its EDNS option says (RFC 6891), else 512."""
    for record in DNSRecord.parse(query).ar:
        if record.rtype == 41:
            return min(max(int(record.rclass), UDP_BYTES), MAX_UDP_BYTES)
    return UDP_BYTES


def parser() -> argparse.ArgumentParser:
    """Return the command line of this process."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.dns", description="The resolver of the lab's VPCs.")
    parser.add_argument("--listen", type=host_and_port, default=(addresses.CONTROLLER, addresses.DNS_PORT))
    parser.add_argument("--upstream-desired", default=f"{addresses.API}/_lab/desired", help="default %(default)s")
    parser.add_argument(
        "--controllers",
        default=",".join(CONTROLLERS),
        help="networks outside the VPCs that may ask for every zone (default %(default)s)",
    )
    return parser


async def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:

        async def load() -> Zones:
            async with session.get(arguments.upstream_desired) as response:
                response.raise_for_status()
                return parse_zones(await response.json())

        server = Server(Source(load), tuple(arguments.controllers.split(",")))
        host, port = arguments.listen
        transport, _protocol = await loop.create_datagram_endpoint(lambda: Datagrams(server), local_addr=(host, port))
        stream = await asyncio.start_server(server.tcp, host, port)
        log.info("answering on %s:%d", host, port)
        await stop.wait()
        transport.close()
        stream.close()


def main() -> int:
    """Run the resolver."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(run(parser().parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
