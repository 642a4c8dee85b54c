"""A component is ready when it says so itself, for as long as its unit runs."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import Probe, await_ready
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
    return await_ready(tuple(probes), "app.service", Sequence(*states), within, clock=clock, pause=clock.pause)


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
    assert Probe("http", f"{url}/").ask() == ""
    assert Probe("http", f"{url}/", match=r"^reload_successful 1$").ask() == ""
    assert "answers without" in Probe("http", f"{url}/", match="reload_successful 0").ask()
    assert "answers 503" in Probe("http", f"{url}/down").ask()
    assert Probe("http", f"{url}/moved", status=(200, 302)).ask() == ""


def test_tcp_and_command_answer(url: str, tmp_path: Path) -> None:
    assert Probe("tcp", url.removeprefix("http://")).ask() == ""
    assert "refused" in Probe("tcp", "127.0.0.1:1").ask()
    assert Probe("command", argv=("/bin/sh", "-c", "echo imok"), match="imok").ask() == ""
    assert "ended with 3: bad" in Probe("command", argv=("/bin/sh", "-c", "echo bad; exit 3")).ask()
    assert "No such file" in Probe("command", argv=(f"{tmp_path}/none",)).ask()


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
