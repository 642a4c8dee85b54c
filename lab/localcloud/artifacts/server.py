"""The mirror on the lab's network: static files by HTTP, with Range, HEAD and ETag."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler


def application(directory: Path) -> web.Application:
    """Return the server's application over a directory; what begins with a dot (unfinished files) is not served.

    A directory answers with its index.html, as a package index for pip needs it, else with a listing.
    """

    @web.middleware
    async def finished_or_page(request: web.Request, handler: Handler) -> web.StreamResponse:
        # apt asks a flat repository for /apt/./InRelease.
        if any(part.startswith(".") and part != "." for part in request.path.split("/")):
            raise web.HTTPNotFound
        page = directory / request.path.lstrip("/") / "index.html"
        if request.path.endswith("/") and page.is_file():
            return web.FileResponse(page)
        return await handler(request)

    served = web.Application(middlewares=[finished_or_page])
    served.router.add_static("/", directory, show_index=True)
    return served


def serve(directory: Path, address: str, port: int) -> None:
    """Serve a directory until SIGTERM or SIGINT."""
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_serve(directory, address, port))


async def _serve(directory: Path, address: str, port: int) -> None:
    runner = web.AppRunner(application(directory), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    await stop.wait()
    await runner.cleanup()
