# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter's HTTP side: /metrics, /-/healthy and /-/ready, one request at a time."""

from __future__ import annotations

import http.server
import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from monitoring_agents.failures import Failure
from monitoring_agents.lag.exposition import State

_TEXT = "text/plain; charset=utf-8"
_CLIENT_SECONDS = 5  # a client that stops talking holds the others up no longer


@dataclass(frozen=True)
class Response:
    """An answer: code, body and its media type."""

    code: int
    body: bytes
    media_type: str = _TEXT


def ready(state: State, now: float, within: float) -> Response:
    """Answer 200 when a collection succeeded in the last ``within`` seconds, 503 and the reason otherwise."""
    if now - state.succeeded <= within:
        return Response(200, b"ready\n")
    return Response(503, f"{state.problem or 'collections have stopped'}\n".encode())


def server(address: str, state: State, registry: CollectorRegistry, within: float) -> http.server.HTTPServer:
    """Return a server that is bound to ``address`` (HOST:PORT). Raises Failure when it cannot be."""
    answers: dict[str, Callable[[], Response]] = {
        "/metrics": lambda: Response(200, generate_latest(registry), CONTENT_TYPE_LATEST),
        "/-/healthy": lambda: Response(200, b"healthy\n"),
        "/-/ready": lambda: ready(state, time.time(), within),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = _CLIENT_SECONDS

        def do_GET(self) -> None:
            answer = answers.get(self.path.partition("?")[0])
            response = answer() if answer else Response(404, b"not found\n")
            self.send_response(response.code)
            self.send_header("Content-Type", response.media_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a line for every scrape is noise."""

    host, _colon, port = address.rpartition(":")
    try:
        return http.server.HTTPServer((host.strip("[]"), int(port)), Handler)
    except (OSError, ValueError, OverflowError) as error:
        raise Failure(f"cannot listen on {address}: {error}") from error
