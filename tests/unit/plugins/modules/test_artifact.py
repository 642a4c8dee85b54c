"""The link `current` shows a verified version, and the one before stays."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.modules.artifact import bring


@pytest.fixture
def archive(tmp_path: Path):
    def make(version: str) -> Archive:
        stream = io.BytesIO()
        with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            info = tarfile.TarInfo(f"app-{version}/app")
            info.size = len(version)
            tar.addfile(info, io.BytesIO(version.encode()))
        path = tmp_path / f"app-{version}.tar.gz"
        path.write_bytes(stream.getvalue())
        return Archive(version, path.name, hashlib.sha256(stream.getvalue()).hexdigest(), (f"file://{path}",))

    return make


def test_versions_lie_side_by_side_and_two_are_kept(tmp_path: Path, archive) -> None:
    dest = tmp_path / "opt/app"
    for version in ("1.0", "1.1", "1.2"):
        answer = bring("app", archive(version), dest, check=False)
        assert answer["changed"] and (dest / "current/app").read_text() == version
    assert answer["previous"] == "1.1"
    assert sorted(path.name[:3] for path in (dest / "versions").iterdir()) == ["1.1", "1.2"]
    assert not bring("app", archive("1.2"), dest, check=False)["changed"]


def test_way_back_needs_no_download(tmp_path: Path, archive) -> None:
    dest = tmp_path / "opt/app"
    old = archive("1.0")
    bring("app", old, dest, check=False)
    bring("app", archive("1.1"), dest, check=False)
    (tmp_path / old.file).unlink()
    assert bring("app", old, dest, check=False)["previous"] == "1.1"


def test_check_mode_downloads_nothing(tmp_path: Path, archive) -> None:
    assert bring("app", archive("1.0"), tmp_path / "opt/app", check=True)["changed"]
    assert not (tmp_path / "opt").exists()


def test_failing_fetch_keeps_the_version_before(tmp_path: Path, archive) -> None:
    dest = tmp_path / "opt/app"
    bring("app", archive("1.0"), dest, check=False)
    new = archive("1.1")
    (tmp_path / new.file).write_bytes(b"something else")
    with pytest.raises(Failure, match="sha256 is"):
        bring("app", new, dest, check=False)
    assert (dest / "current/app").read_text() == "1.0"


def test_foreign_current_is_refused(tmp_path: Path, archive) -> None:
    (tmp_path / "opt/app/current").mkdir(parents=True)
    with pytest.raises(Failure, match="is no link"):
        bring("app", archive("1.0"), tmp_path / "opt/app", check=False)
