import hashlib
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from localcloud.artifacts.archive import Built, write_archive

DATE = datetime(2026, 7, 14, 11, 29, 10, tzinfo=UTC)


def _archive(folder: Path, age: int) -> Path:
    folder.mkdir()
    for name in ("node_exporter", "LICENSE"):
        (folder / name).write_text(name)
        os.utime(folder / name, (age, age))
    target = folder / "out.tar.gz"
    built = Built({"node_exporter": folder / "node_exporter"}, {"LICENSE": folder / "LICENSE"}, DATE)
    write_archive(target, "node_exporter-1", built)
    return target


def test_same_contents_give_the_same_bytes_wherever_and_whenever_they_were_made(tmp_path: Path) -> None:
    first, second = _archive(tmp_path / "a", 1), _archive(tmp_path / "b", 10**9)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_members_are_roots_programs_executable_in_one_directory(tmp_path: Path) -> None:
    with tarfile.open(_archive(tmp_path / "a", 1)) as tar:
        members = {member.name: member for member in tar.getmembers()}
    assert list(members) == ["node_exporter-1", "node_exporter-1/LICENSE", "node_exporter-1/node_exporter"]
    assert [member.mode for member in members.values()] == [0o755, 0o644, 0o755]
    assert {(member.uid, member.gid, member.mtime) for member in members.values()} == {(0, 0, int(DATE.timestamp()))}
