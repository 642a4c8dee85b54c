import sys
from pathlib import Path

import pytest
from localcloud import owner
from localcloud.problems import LabError
from localcloud.processes import Process

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_lab_of_another_checkout_that_is_alive_is_named_with_the_way_to_stop_it(tmp_path: Path) -> None:
    record, theirs, mine = tmp_path / "owner.json", tmp_path / "theirs/lab/.state", tmp_path / "mine/lab/.state"
    owner.take(theirs, record)
    api = Process("api", theirs)
    api.start(SLEEP)
    try:
        with pytest.raises(LabError, match=r"The lab of .*/theirs runs .*api.*To stop it: .*/theirs/lab/lab down"):
            owner.refuse_another_live_lab(mine, record)
        owner.refuse_another_live_lab(theirs, record)
    finally:
        api.stop()
    owner.refuse_another_live_lab(mine, record)


def test_nobody_has_the_lab_at_first(tmp_path: Path) -> None:
    assert owner.read(tmp_path / "owner.json") is None
    owner.refuse_another_live_lab(tmp_path, tmp_path / "owner.json")


def test_second_command_is_refused_while_one_is_at_work(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "lock"
    refused = pytest.raises(LabError, match=r"`lab/lab up` of .* is at work")
    with owner.exclusive("up", lock), refused, owner.exclusive("down", lock):
        pass
    with owner.exclusive("down", lock):
        pass
