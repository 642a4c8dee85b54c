import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from localcloud.problems import LabError
from localcloud.processes import Process, boot_id, source_version, start_time

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_started_process_is_found_again_and_stopped(tmp_path: Path) -> None:
    pid = Process("sleeper", tmp_path).start(SLEEP)
    found = Process("sleeper", tmp_path)
    assert found.pid == pid
    assert found.stop()
    assert start_time(pid) is None
    assert not found.pidfile.exists()


def test_process_that_only_has_the_same_pid_is_never_signalled(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP) as other:
        process = Process("sleeper", tmp_path)
        process.pidfile.parent.mkdir()
        process.pidfile.write_text(json.dumps({"pid": other.pid, "start": "1", "boot": boot_id(), "version": ""}))
        assert process.pid is None
        assert not process.stop()
        time.sleep(0.05)
        assert other.poll() is None
        other.kill()


def test_process_of_an_earlier_boot_does_not_count(tmp_path: Path) -> None:
    process = Process("sleeper", tmp_path)
    process.pidfile.parent.mkdir()
    mine = {"pid": os.getpid(), "start": start_time(os.getpid()), "boot": "another", "version": ""}
    process.pidfile.write_text(json.dumps(mine))
    assert process.pid is None


def test_process_that_ignores_the_request_is_ended(tmp_path: Path) -> None:
    stubborn = (
        "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    process = Process("stubborn", tmp_path)
    pid = process.start([sys.executable, "-c", stubborn])
    while "ready" not in process.last_lines():
        time.sleep(0.01)
    process.stop(within=0.2)
    assert start_time(pid) is None


def test_process_that_ended_before_it_was_recorded_is_not_alive(tmp_path: Path) -> None:
    process = Process("short", tmp_path)
    process.pidfile.parent.mkdir()
    process.pidfile.write_text(json.dumps({"pid": 2**22 + 1, "start": None, "boot": boot_id(), "version": ""}))
    assert process.pid is None


def test_death_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    process = Process("short", tmp_path)
    process.start([sys.executable, "-c", "print('port is taken'); raise SystemExit(1)"])
    while process.pid is not None:
        time.sleep(0.01)
    with pytest.raises(LabError, match=r"short process died; .*\n.*port is taken"):
        process.expect_alive()


def test_run_returns_the_exit_code_and_leaves_no_pid_file(tmp_path: Path) -> None:
    process = Process("task", tmp_path)
    assert process.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert not process.pidfile.exists()


def test_version_changes_with_the_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = source_version(tmp_path)
    (tmp_path / "a.py").write_text("2")
    assert source_version(tmp_path) != before
