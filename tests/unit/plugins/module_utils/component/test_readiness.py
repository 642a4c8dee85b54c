"""A component is ready when it says so itself, for as long as its unit runs."""

import contextlib
import http.server
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import (
    Answer,
    Probe,
    await_ready,
    found_now,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import UnitState
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


class Sequence:
    """Unit states, one after another; the last one stays."""

    def __init__(self, *states: UnitState) -> None:
        self.states = list(states)

    def state(self, _unit: str) -> UnitState:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


class Clock:
    """Time that passes only by waiting."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def _await(probes, *states: UnitState, within: float = 10) -> float:
    clock = Clock()
    ready = await_ready(tuple(probes), "app.service", Sequence(*states), within, clock=clock, pause=clock.pause)
    return ready.seconds


ACTIVE = UnitState("active")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response({"/down": 503, "/moved": 302}.get(self.path, 200))
            self.end_headers()
            self.wfile.write(b"reload_successful 1\nversion 3\n")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_http_answer_is_judged_by_status_and_text(url: str) -> None:
    assert Probe("http", f"{url}/").ask() == Answer()
    assert Probe("http", f"{url}/", match=r"^reload_successful 1$").ask().found == "reload_successful 1"
    assert "answers without" in Probe("http", f"{url}/", match="reload_successful 0").ask().complaint
    assert "answers 503" in Probe("http", f"{url}/down").ask().complaint
    assert Probe("http", f"{url}/moved", status=(200, 302)).ask() == Answer()


def test_tcp_and_command_answer(url: str, tmp_path: Path) -> None:
    assert Probe("tcp", url.removeprefix("http://")).ask() == Answer()
    assert "refused" in Probe("tcp", "127.0.0.1:1").ask().complaint
    assert Probe("command", argv=("/bin/sh", "-c", "echo imok"), match="imok").ask() == Answer(found="imok")
    assert "ended with 3: bad" in Probe("command", argv=("/bin/sh", "-c", "echo bad; exit 3")).ask().complaint
    assert "No such file" in Probe("command", argv=(f"{tmp_path}/none",)).ask().complaint


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that answers a word over TLS as ZooKeeper does, and the certificate that it shows."""
    name, bundle = ["-subj", "/CN=zookeeper-1", "-addext", "subjectAltName=DNS:zookeeper-1"], tmp_path / "bundle.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *name]
    subprocess.run([*make, "-keyout", bundle, "-out", tmp_path / "ca.pem"], check=True, capture_output=True)
    bundle.write_text(bundle.read_text() + (tmp_path / "ca.pem").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(self.request, server_side=True) as peer:
                peer.sendall(b"Zxid: 0x1\nMode: leader\n" if peer.recv(16) == b"srvr" else b"?")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", tmp_path / "ca.pem"
    server.shutdown()
    server.server_close()


def test_tls_answer_is_judged_and_found(tls_server: tuple[str, Path]) -> None:
    target, ca = tls_server
    probe = Probe("tls", target, send="srvr", match="^Mode: .*$", server_name="zookeeper-1", ca=str(ca))
    assert probe.ask() == Answer(found="Mode: leader")
    assert "answers without" in replace(probe, match="^Mode: follower$").ask().complaint
    assert "zookeeper-2" in replace(probe, server_name="zookeeper-2").ask().complaint
    assert found_now((probe, Probe("tcp", "127.0.0.1:1", match="x"))) == ("Mode: leader",)


def test_waits_until_the_unit_runs() -> None:
    assert _await([], UnitState("activating"), UnitState("activating"), ACTIVE) >= 0.5


def test_gives_up_after_its_time() -> None:
    with pytest.raises(Failure, match=r"not ready after 10\.\d s: 127.0.0.1:1"):
        _await([Probe("tcp", "127.0.0.1:1")], ACTIVE)


def test_failed_unit_ends_the_wait() -> None:
    with pytest.raises(Failure, match=r"not ready after 0\.0 s: app.service failed \(exit-code\)"):
        _await([], UnitState("failed", result="exit-code"))


def test_crash_loop_ends_the_wait() -> None:
    states = [UnitState("activating", "auto-restart", restarts=count) for count in range(5)]
    with pytest.raises(Failure, match="crashed and been restarted 3 times"):
        _await([], *states, within=60)


def test_unit_without_a_probe_must_stay_up_for_a_moment() -> None:
    with pytest.raises(Failure, match="failed"):
        _await([], ACTIVE, ACTIVE, UnitState("failed"))
    assert _await([], ACTIVE) >= 1.0
