"""How a listener answers, asked on a machine of the lab (standard library only).

Reads JSON: name -> {address, port, send, version, ca, identity, server}. `send` is latin-1 text. Without `version` it
is sent as it is; else after a handshake of that version ("TLSv1", "TLSv1_1", "TLSv1_2" or "TLSv1_3") in which `ca` and
`server` check the listener, and `identity` (a path, or PEM text) is shown. Prints JSON: name -> [answer, detail]:
"answered" (the detail is what came), "admitted" (the handshake holds on both sides), "refused" (why), "silent",
"nothing" (nothing listens).
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

WITHIN = 4.0
"""Seconds; ZooKeeper's quorum ports close a connection that says nothing after five."""

ALERT = 0x15
"""The type of a TLS record that says why a connection is closed."""


def context_of(probe: dict[str, Any], scratch: Path) -> ssl.SSLContext:
    """A client's TLS settings that offer one version only."""
    context = ssl.create_default_context(cafile=probe["ca"])
    # OpenSSL itself would not offer the oldest versions otherwise, and the listener is to be asked.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[probe["version"]]
    shown = probe.get("identity")
    if shown and shown.startswith("-----BEGIN"):
        file = scratch / f"{abs(hash(shown))}.pem"
        file.write_text(shown)
        shown = str(file)
    if shown:
        context.load_cert_chain(shown)
    return context


def first_words(connection: socket.socket, said: str, deadline: float) -> tuple[str, str]:
    """What comes back. Under TLS 1.3 only this shows whether the client's certificate was taken."""
    connection.settimeout(0.2)
    while time.monotonic() < deadline:
        try:
            received = connection.recv(4096)
        except TimeoutError:
            # A session ticket is sent to a client whose certificate was taken; who said something waits for an answer.
            ticket = isinstance(connection, ssl.SSLSocket) and connection.session and connection.session.has_ticket
            if ticket and not said:
                return "admitted", "has a session ticket"
            continue
        if not received:
            return "refused", "closed"
        if not isinstance(connection, ssl.SSLSocket) and received[0] == ALERT:
            return "refused", "TLS alert"
        return "answered", received.decode("latin-1")
    return "silent", ""


def ask(probe: dict[str, Any], scratch: Path) -> tuple[str, str]:
    """One connection."""
    deadline = time.monotonic() + WITHIN
    try:
        with socket.create_connection((probe["address"], probe["port"]), timeout=WITHIN) as plain:
            if "version" not in probe:
                plain.sendall(probe["send"].encode("latin-1"))
                return first_words(plain, probe["send"], deadline)
            with context_of(probe, scratch).wrap_socket(plain, server_hostname=probe["server"]) as secured:
                secured.sendall(probe["send"].encode("latin-1"))
                return first_words(secured, probe["send"], deadline)
    except ConnectionRefusedError:
        return "nothing", ""
    except (ssl.SSLError, ConnectionError) as error:
        return "refused", str(error)


def main() -> None:
    """Ask everything at once."""
    probes = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda probe: ask(probe, Path(scratch)), probes.values())
        sys.stdout.write(json.dumps(dict(zip(probes, answers, strict=True))))


if __name__ == "__main__":
    main()
