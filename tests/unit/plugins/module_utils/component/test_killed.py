"""A process killed at any step leaves the old or the new state, and the next run ends what was begun."""

import errno
import os
from collections.abc import Callable

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

from tests.unit.killing import run_and_kill

from .conftest import GROUP, USER, Host


def _assert_whole(host: Host, allowed: set[str | None]) -> None:
    """What is visible is one of the ``allowed`` states (None: nothing), with its own archive."""
    if not host.layout.current.is_symlink():
        assert None in allowed
        return
    text = (host.layout.current / "etc/app.conf").read_text()
    other = (host.layout.current / "etc/sub/other.conf").read_text()
    version = (host.layout.archive / "app").read_text().split()[-1]
    assert text == other and (text.split()[0], version) in {("one", "1.0"), ("two", "1.1")}
    assert text.strip() in allowed


def _apply(host: Host, make_archive, text: str, version: str) -> Callable[[], object]:
    archive = make_archive(version)
    files = (TreeFile("sub/other.conf", f"{text}\n".encode(), 0o640, USER, GROUP),)
    return lambda: host.apply(f"{text}\n", archive=archive, files=files, data=("/var/lib/monitoring/app",))


@pytest.mark.parametrize("fresh", [True, False], ids=["first_install", "upgrade"])
def test_kill_at_any_step_leaves_old_or_new_and_the_next_run_finishes(tmp_path, make_archive, fresh: bool) -> None:
    step = 0
    while True:
        step += 1
        root = tmp_path / f"root{step}"
        root.mkdir()
        host = Host(root)
        if not fresh:
            _apply(host, make_archive, "one", "1.0")()
        new = _apply(host, make_archive, "two", "1.1")
        killed = run_and_kill(step, new)
        _assert_whole(host, {None, "two"} if fresh else {"one", "two"})
        new()
        _assert_whole(host, {"two"})
        assert host.services.runs == "two\n" and host.services.state("app.service").active == "active"
        assert host.layout.applied.read_text().strip() == host.layout.current.readlink().name
        left = [path.name for path in root.rglob(".*") if path.name.startswith((".staging", ".current"))]
        assert left == []
        host.services.forget()
        assert new().changed is False and host.services.log == []  # type: ignore[attr-defined]
        if not killed:
            break
    assert step > 20


def test_kill_after_promotion_still_owes_the_restart(host: Host, make_archive) -> None:
    _apply(host, make_archive, "one", "1.0")()
    new = _apply(host, make_archive, "two", "1.1")
    for step in range(1, 200):
        assert run_and_kill(step, new)
        if host.layout.current.readlink().name != host.layout.applied.read_text().strip():
            break
    outcome = new()
    assert outcome.restarted and host.services.runs == "two\n"  # type: ignore[attr-defined]


def test_unconfirmed_generation_that_is_not_ready_gives_way_to_the_confirmed_one(host: Host, make_archive) -> None:
    _apply(host, make_archive, "one", "1.0")()
    host.services.forget()
    broken = host.transaction(host.declare("broken\n"))
    _now, planned = broken.plan()
    broken._build(planned)  # promoted, then killed
    with pytest.raises(Exception, match=r"version 1.0\) is live again"):
        host.apply("broken\n")
    assert host.live() == "one\n" and host.services.runs == "one\n"


def test_disk_full_at_any_step_keeps_the_old_state_and_names_the_place(host: Host, make_archive) -> None:
    _apply(host, make_archive, "one", "1.0")()
    new = _apply(host, make_archive, "two", "1.1")
    for wanted in range(1, 200):
        seen = 0

        def fill(name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == wanted and not name.startswith("before"):  # noqa: B023 - called in this round only
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        atomic.observe_steps(fill)
        try:
            new()
        except Failure as failure:
            assert f"no space on the file system of {host.root}" in str(failure)
            assert "needed" in str(failure) and "free" in str(failure)
        else:
            if seen < wanted:
                break
        finally:
            atomic.observe_steps(None)
        _assert_whole(host, {"one", "two"})
    new()
    _assert_whole(host, {"two"})
    assert host.services.runs == "two\n"
