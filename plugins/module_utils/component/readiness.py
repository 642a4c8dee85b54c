# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a component answers: asked of the component itself, not of its log."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import UnitState
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

INTERVAL = 0.25
CRASHES = 3


@dataclass(frozen=True)
class Probe:
    """One question. ``kind`` is http, https, tcp or command.

    ``target`` is a URL or HOST:PORT; ``status`` the HTTP codes that count as ready; ``match`` a regular
    expression for the answer. For https: ``server_name`` is the name that the certificate must carry, ``ca``
    and ``certificate`` (with its key) are paths.
    """

    kind: str
    target: str = ""
    argv: tuple[str, ...] = ()
    status: tuple[int, ...] = (200,)
    match: str = ""
    server_name: str = ""
    ca: str = ""
    certificate: str = ""
    seconds: float = 5.0

    def ask(self) -> str:
        """Return "" if the answer is ready, else what is wrong with it."""
        try:
            if self.kind == "command":
                return self._ask_command()
            if self.kind == "tcp":
                host, _colon, port = self.target.rpartition(":")
                socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), self.seconds).close()
                return ""
            return self._ask_http()
        except (OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            return f"{self.name}: {error}"

    @property
    def name(self) -> str:
        """Return it as an operator would write it."""
        return " ".join(self.argv) if self.kind == "command" else self.target

    def _ask_command(self) -> str:
        done = subprocess.run(
            self.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=max(self.seconds, 15)
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            return f"'{self.name}' ended with {done.returncode}: {output.strip()[-500:]}"
        return self._unmatched(output)

    def _ask_http(self) -> str:
        url = urlsplit(self.target)
        host, path = url.hostname or "127.0.0.1", (url.path or "/") + ("?" + url.query if url.query else "")
        connection: http.client.HTTPConnection
        if self.kind == "https":
            connection = _NamedConnection(host, url.port or 443, self)
        else:
            connection = http.client.HTTPConnection(host, url.port or 80, timeout=self.seconds)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": self.server_name or url.netloc, "Connection": "close"})
            response = connection.getresponse()
            body = response.read(1 << 20).decode(errors="replace")
        if response.status not in self.status:
            return f"{self.target} answers {response.status} {response.reason}: {body.strip()[:300]}"
        return self._unmatched(body)

    def _unmatched(self, body: str) -> str:
        if self.match and not re.search(self.match, body, re.MULTILINE):
            return f"{self.name} answers without {self.match!r}: {body.strip()[:300]}"
        return ""


class _NamedConnection(http.client.HTTPSConnection):
    """HTTPS to an address, checked against a name."""

    def __init__(self, host: str, port: int, probe: Probe) -> None:
        context = ssl.create_default_context(cafile=probe.ca or None)
        if probe.certificate:
            context.load_cert_chain(probe.certificate)
        super().__init__(host, port, timeout=probe.seconds, context=context)
        self._probe_context = context
        self._name = probe.server_name or host

    def connect(self) -> None:
        """Connect, and verify the name rather than the address."""
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._probe_context.wrap_socket(plain, server_hostname=self._name)


class States(Protocol):
    """Where a unit's state comes from."""

    def state(self, unit: str) -> UnitState:
        """Return the state of ``unit``."""


def await_ready(
    probes: tuple[Probe, ...],
    unit: str | None,
    states: States,
    within: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> float:
    """Wait until the unit runs and every probe is content; return the seconds it took.

    Fails after ``within`` seconds, or at once when the unit has failed or keeps crashing.
    """
    begin = clock()
    base = None
    while True:
        complaint, final = "", False
        if unit is not None:
            state = states.state(unit)
            base = state.restarts if base is None else base
            complaint, final = _unit_complaint(unit, state, state.restarts - base)
        if not complaint:
            complaint = next((answer for answer in (probe.ask() for probe in probes) if answer), "")
            # Without a probe a unit is ready when it stays up for a moment.
            if not complaint and not probes and unit is not None and clock() - begin < 1.0:
                complaint = f"{unit} has only just started"
        elapsed = clock() - begin
        if not complaint:
            return elapsed
        if final or elapsed >= within:
            raise Failure(f"not ready after {elapsed:.1f} s: {complaint}")
        pause(INTERVAL)


def _unit_complaint(unit: str, state: UnitState, crashes: int) -> tuple[str, bool]:
    if state.active == "failed":
        return f"{unit} failed ({state.result})", True
    if crashes >= CRASHES:
        return f"{unit} has crashed and been restarted {crashes} times", True
    if state.active != "active":
        return f"{unit} is {state.active} ({state.sub})", False
    return "", False
