"""The cache's files: whole, private, and believed only if they are."""

import time
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.cache import Cache, Snapshot
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import Instance, Subnet

INSTANCE = Instance("i-1", "m5.large", "1", "r1", "r1a", "vpc-1", "", "10.0.0.1", "", {"Name": "{{ 1 }}"})


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot([INSTANCE], [Subnet("r1", "vpc-1", "r1a")], time.time())


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", ["me"])


def test_what_was_written_is_read(cache: Cache, snapshot: Snapshot) -> None:
    cache.write("r1", "", snapshot)
    assert cache.read("r1", "") == snapshot
    assert cache.path("r1", "").stat().st_mode & 0o777 == 0o600


def test_another_identity_or_role_sees_nothing(tmp_path: Path, cache: Cache, snapshot: Snapshot) -> None:
    cache.write("r1", "", snapshot)
    assert cache.read("r1", "arn:aws:iam::2:role/x") is None
    assert Cache(tmp_path / "cache", ["other"]).read("r1", "") is None


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_file_that_others_can_touch_is_not_believed(cache: Cache, snapshot: Snapshot, mode: int) -> None:
    cache.write("r1", "", snapshot)
    cache.path("r1", "").chmod(mode)
    assert cache.read("r1", "") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"instances": [{}], "subnets": [], "taken": 1}'])
def test_damaged_file_is_no_answer(cache: Cache, snapshot: Snapshot, content: str) -> None:
    cache.write("r1", "", snapshot)
    cache.path("r1", "").write_text(content)
    assert cache.read("r1", "") is None


def test_old_answer_is_stale_and_one_from_the_future_too(cache: Cache) -> None:
    for age in (61, -3600):
        cache.write("r1", "", Snapshot([INSTANCE], [], time.time() - age))
        assert cache.read("r1", "", max_age=60) is None
        assert cache.read("r1", "") is not None


def test_failed_write_leaves_the_previous_answer(
    cache: Cache, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write("r1", "", snapshot)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("json.dump", full)
    with pytest.raises(OSError, match="No space"):
        cache.write("r1", "", Snapshot([], [], 0.0))
    assert cache.read("r1", "") == snapshot
    assert [path.name for path in cache.path("r1", "").parent.iterdir()] == [cache.path("r1", "").name]
