"""The lab's only door to its API: a reverse proxy that can fail, throttle, hang or delay one region.

`python -m localcloud.gateway`. It forwards a request as it came (the Host header is part of its
signature), keeps the lab's own paths inside, and takes orders on a loopback control port. AWS has an
endpoint a region; here one address serves all, and the region is read from a request's signature.
"""

import argparse
import asyncio
import logging
import signal
import sys
from dataclasses import dataclass, field
from urllib.parse import unquote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localcloud import addresses
from localcloud.api.errors import Scope, content_type, error_body, scope_of
from localcloud.api.faults import BadFaultError, Faults

log = logging.getLogger("lab.gateway")

# RFC 9110 section 7.6.1 (aiohttp makes both sides' own), and what only this proxy may say to the API.
NOT_FORWARDED = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
        "x-lab-gateway",
        "x-moto-account-id",
    }
)
CLOSED_PATHS = ("/_lab", "/moto-api", "/latest/")
CHUNK_BYTES = 64 * 1024


@dataclass
class Gateway:
    """Forwards to `upstream`, with `delay_all` seconds and its region's fault added to each request."""

    upstream: str
    delay_all: float = 0.0
    faults: Faults = field(default_factory=Faults)
    _session: aiohttp.ClientSession | None = None

    async def open(self, _app: web.Application) -> None:
        """Open the connections to the API."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None, sock_connect=5)
        )

    async def close(self, _app: web.Application) -> None:
        """Close the connections to the API."""
        if self._session is not None:
            await self._session.close()

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Answer one request to the API."""
        scope = scope_of(request.headers.get("Authorization", "")) or Scope("", "", "s3")
        target = request.raw_path
        plain = "/" + unquote(target.partition("?")[0]).lstrip("/")
        if not target.startswith("/") or plain.startswith(CLOSED_PATHS):
            return _refuse(scope.service, 403, "AccessDenied", "The gateway does not serve this path.")
        if self.delay_all:
            await asyncio.sleep(self.delay_all)
        refusal = await self.faults.suffer(scope.region, scope.service)
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.body, content_type=content_type(scope.service))
        try:
            return await self._relay(request, target)
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as error:
            message = f"The lab's API at {self.upstream} does not answer ({error}); see lab/lab status."
            return _refuse(scope.service, 503, "ServiceUnavailable", message)

    async def _relay(self, request: web.Request, target: str) -> web.StreamResponse:
        if self._session is None:
            raise RuntimeError("the gateway is not open yet")
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in NOT_FORWARDED
        )
        headers["X-Lab-Gateway"] = "1"
        async with self._session.request(
            request.method,
            URL(self.upstream + target, encoded=True),
            headers=headers,
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        ) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in NOT_FORWARDED:
                    response.headers.add(name, value)
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                await response.write(chunk)
            await response.write_eof()
            return response

    def application(self) -> web.Application:
        """Return what listens for the SDKs."""
        app = web.Application(client_max_size=0)
        app.on_startup.append(self.open)
        app.on_cleanup.append(self.close)
        app.router.add_route("*", "/{path:.*}", self.forward)
        return app

    def control(self) -> web.Application:
        """Return what takes orders: GET /ready, GET /faults, PUT and DELETE /faults/<region>, DELETE /faults."""
        app = web.Application()
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/faults", self._list)
        app.router.add_delete("/faults", self._heal_all)
        app.router.add_put("/faults/{region}", self._set)
        app.router.add_delete("/faults/{region}", self._heal)
        return app

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                region: {"kind": fault.kind, "milliseconds": fault.milliseconds}
                for region, fault in self.faults.by_region.items()
            }
        )

    async def _set(self, request: web.Request) -> web.Response:
        region = request.match_info["region"]
        try:
            order = await request.json()
            fault = self.faults.set(region, str(order["kind"]), int(order.get("milliseconds", 0)))
        except BadFaultError as error:
            return web.Response(status=400, text=f"{error}\n")
        except (ValueError, TypeError, KeyError, AttributeError):
            return web.Response(status=400, text='the body must be JSON: {"kind": ..., "milliseconds": ...}\n')
        log.info("region %s: %s %s", region, fault.kind, fault.milliseconds or "")
        return web.Response(status=204)

    async def _heal(self, request: web.Request) -> web.Response:
        region = request.match_info["region"]
        self.faults.heal(region)
        log.info("region %s: healed", region)
        return web.Response(status=204)

    async def _heal_all(self, _request: web.Request) -> web.Response:
        for region in list(self.faults.by_region):
            self.faults.heal(region)
        return web.Response(status=204)


def _refuse(service: str, status: int, code: str, message: str) -> web.Response:
    return web.Response(status=status, text=error_body(service, code, message), content_type=content_type(service))


def host_and_port(text: str) -> tuple[str, int]:
    """Read `HOST:PORT` from the command line."""
    host, _colon, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


async def serve(app: web.Application, where: tuple[str, int]) -> web.AppRunner:
    """Listen at `where`. A handler ends when its client leaves, so that a hanging region holds nothing."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, *where).start()
    return runner


def parser() -> argparse.ArgumentParser:
    """Return the command line of this process."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.gateway", description="The lab's door to its API.")
    parser.add_argument("--listen", type=host_and_port, default=(addresses.CONTROLLER, addresses.GATEWAY_PORT))
    parser.add_argument("--control", type=host_and_port, default=("127.0.0.1", addresses.GATEWAY_CONTROL_PORT))
    parser.add_argument("--upstream", default=addresses.API, help="default %(default)s")
    parser.add_argument("--delay-all", type=int, default=0, metavar="MS", help="milliseconds added to every request")
    return parser


async def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    gateway = Gateway(arguments.upstream.rstrip("/"), arguments.delay_all / 1000)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runners = [
        await serve(gateway.application(), arguments.listen),
        await serve(gateway.control(), arguments.control),
    ]
    log.info("forwarding %s:%d to %s", *arguments.listen, arguments.upstream)
    await stop.wait()
    for runner in runners:
        await runner.cleanup()


def main() -> int:
    """Run the gateway."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(run(parser().parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
