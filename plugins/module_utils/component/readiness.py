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
class Answer:
    """What a question brought: ``complaint`` is "" if it is content, ``found`` what its ``match`` found."""

    complaint: str = ""
    found: str = ""


@dataclass(frozen=True)
class Readiness:
    """The ``seconds`` until all was ready, and the ``answers`` of the probes that have a ``match``."""

    seconds: float = 0.0
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probe:
    """One question. ``kind`` is http, https, tcp, tls or command.

    ``target`` is a URL or HOST:PORT; ``status`` the HTTP codes that count as ready; ``match`` a regular
    expression for the answer; ``send`` is what tls says first. For https and tls: ``server_name`` is the name
    that the certificate must carry, ``ca`` and ``certificate`` (with its key) are paths.
    """

    kind: str
    target: str = ""
    argv: tuple[str, ...] = ()
    status: tuple[int, ...] = (200,)
    match: str = ""
    send: str = ""
    server_name: str = ""
    ca: str = ""
    certificate: str = ""
    seconds: float = 5.0

    def ask(self) -> Answer:
        """Ask once."""
        try:
            if self.kind == "command":
                return self._ask_command()
            if self.kind == "tcp":
                self._connect(*self._address()).close()
                return Answer()
            return self._ask_tls() if self.kind == "tls" else self._ask_http()
        except (OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            return Answer(f"{self.name}: {error}")

    @property
    def name(self) -> str:
        """Return it as an operator would write it."""
        return " ".join(self.argv) if self.kind == "command" else self.target

    def wrap(self, plain: socket.socket, name: str) -> ssl.SSLSocket:
        """Speak TLS over ``plain``; the certificate must carry ``server_name``, or else ``name``."""
        context = ssl.create_default_context(cafile=self.ca or None)
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context.wrap_socket(plain, server_hostname=self.server_name or name)

    def _address(self) -> tuple[str, int]:
        host, _colon, port = self.target.rpartition(":")
        return host.strip("[]") or "127.0.0.1", int(port)

    def _connect(self, host: str, port: int) -> socket.socket:
        return socket.create_connection((host, port), self.seconds)

    def _ask_command(self) -> Answer:
        done = subprocess.run(
            self.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=max(self.seconds, 15)
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            return Answer(f"'{self.name}' ended with {done.returncode}: {output.strip()[-500:]}")
        return self._judged(output)

    def _ask_tls(self) -> Answer:
        host, port = self._address()
        with contextlib.closing(self.wrap(self._connect(host, port), host)) as connection:
            if not self.send:
                return Answer()
            connection.sendall(self.send.encode())
            received = b""
            while len(received) < 1 << 20 and (part := connection.recv(1 << 16)):
                received += part
        return self._judged(received.decode(errors="replace"))

    def _ask_http(self) -> Answer:
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
            return Answer(f"{self.target} answers {response.status} {response.reason}: {body.strip()[:300]}")
        return self._judged(body)

    def _judged(self, body: str) -> Answer:
        found = re.search(self.match, body, re.MULTILINE)
        if found is None:
            return Answer(f"{self.name} answers without {self.match!r}: {body.strip()[:300]}")
        return Answer(found=found.group() if self.match else "")


class _NamedConnection(http.client.HTTPSConnection):
    """HTTPS to an address, checked against a name."""

    def __init__(self, host: str, port: int, probe: Probe) -> None:
        super().__init__(host, port, timeout=probe.seconds)
        self._probe = probe

    def connect(self) -> None:
        """Connect, and verify the name rather than the address."""
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._probe.wrap(plain, self.host)


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
) -> Readiness:
    """Wait until the unit runs and every probe is content.

    Fails after ``within`` seconds, or at once when the unit has failed or keeps crashing.
    """
    begin = clock()
    base = None
    while True:
        complaint, final = "", False
        answers: tuple[str, ...] = ()
        if unit is not None:
            state = states.state(unit)
            base = state.restarts if base is None else base
            complaint, final = _unit_complaint(unit, state, state.restarts - base)
        if not complaint:
            complaint, answers = _asked(probes)
            # Without a probe a unit is ready when it stays up for a moment.
            if not complaint and not probes and unit is not None and clock() - begin < 1.0:
                complaint = f"{unit} has only just started"
        elapsed = clock() - begin
        if not complaint:
            return Readiness(elapsed, answers)
        if final or elapsed >= within:
            raise Failure(f"not ready after {elapsed:.1f} s: {complaint}")
        pause(INTERVAL)


def found_now(probes: tuple[Probe, ...]) -> tuple[str, ...]:
    """Return the answers of the probes with a ``match`` as they are now, of those that are content."""
    return tuple(answer.found for answer in (probe.ask() for probe in probes if probe.match) if not answer.complaint)


def _asked(probes: tuple[Probe, ...]) -> tuple[str, tuple[str, ...]]:
    """Ask in order; return the first complaint, or the answers."""
    answers = []
    for probe in probes:
        answer = probe.ask()
        if answer.complaint:
            return answer.complaint, ()
        if probe.match:
            answers.append(answer.found)
    return "", tuple(answers)


def _unit_complaint(unit: str, state: UnitState, crashes: int) -> tuple[str, bool]:
    if state.active == "failed":
        return f"{unit} failed ({state.result})", True
    if crashes >= CRASHES:
        return f"{unit} has crashed and been restarted {crashes} times", True
    if state.active != "active":
        return f"{unit} is {state.active} ({state.sub})", False
    return "", False
