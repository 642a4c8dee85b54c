import threading
import time
from pathlib import Path

import pytest
from localcloud.artifacts.store import Store, publish


class Maker:
    """Makes a file and counts how often."""

    def __init__(self, seconds: float = 0) -> None:
        self.made = 0
        self._seconds = seconds

    def __call__(self, work: Path, target: Path) -> None:
        assert not list(work.iterdir())
        time.sleep(self._seconds)
        self.made += 1
        target.write_text("built")


def test_a_second_run_makes_nothing(tmp_path: Path) -> None:
    make = Maker()
    assert Store(tmp_path).obtain("key", "file", make).fresh
    again = Store(tmp_path).obtain("key", "file", make)
    assert (again.fresh, again.file.read_text(), make.made) == (False, "built", 1)


@pytest.mark.parametrize("damage", ["changed", "gone", "sum gone"])
def test_a_damaged_entry_is_made_again_and_not_trusted(tmp_path: Path, damage: str) -> None:
    make = Maker()
    file = Store(tmp_path).obtain("key", "file", make).file
    if damage == "changed":
        file.write_text("bitrot")
    elif damage == "gone":
        file.unlink()
    else:
        file.with_name("file.sha256").unlink()
    assert Store(tmp_path).cached("key", "file") is None
    assert Store(tmp_path).obtain("key", "file", make).file.read_text() == "built"
    assert make.made == 2


def test_runs_at_the_same_time_make_a_file_once(tmp_path: Path) -> None:
    make = Maker(seconds=0.2)
    threads = [threading.Thread(target=lambda: Store(tmp_path).obtain("key", "file", make)) for _round in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.made == 1


def test_a_failed_build_leaves_nothing_that_could_be_taken_for_one(tmp_path: Path) -> None:
    def fail(_work: Path, target: Path) -> None:
        target.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Store(tmp_path).obtain("key", "file", fail)
    assert Store(tmp_path).cached("key", "file") is None
    assert not list((tmp_path / "work").iterdir())


def test_publishing_over_a_damaged_copy_puts_the_whole_one_there(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("whole")
    target = tmp_path / "mirror" / "file"
    publish(tmp_path / "source", target)
    target.unlink()
    target.write_text("damaged")
    publish(tmp_path / "source", target)
    assert target.read_text() == "whole"
