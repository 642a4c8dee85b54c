"""Archives are fetched whole or not at all, and unpack only below their directory."""

import hashlib
import random
import tarfile
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils import failures
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import archives, unpacking
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

from .conftest import Mirror, tarball

NOISE = random.Random(1).randbytes(5000)  # what does not compress


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    return tmp_path / "opt/versions"


def _left(versions: Path) -> set[str]:
    return {path.name for path in versions.iterdir()} if versions.exists() else set()


def test_wrong_sum_names_both_and_leaves_nothing(versions: Path, make_archive) -> None:
    archive = make_archive()
    wrong = replace(archive, checksum="0" * 64)
    with pytest.raises(Failure) as failure:
        unpacking.unpack(versions, wrong)
    assert archive.checksum in str(failure.value) and "0" * 64 in str(failure.value)
    assert _left(versions) == set()


def test_sha512_is_verified_and_remembered_as_such(versions: Path, make_archive, mirror: Mirror) -> None:
    archive = make_archive()
    sha512 = hashlib.sha512((mirror.directory / archive.file).read_bytes()).hexdigest()
    with pytest.raises(Failure, match=f"sha512 is {sha512}"):
        unpacking.unpack(versions, replace(archive, checksum="0" * 128))
    known = archives.record(unpacking.unpack(versions, replace(archive, checksum=sha512)))
    assert known["identity"] == f"1.0-{sha512[:12]}"
    assert archives.described(known) == f"version 1.0\nsha512 {sha512}\n"


def test_truncated_archive_on_the_mirror_is_refused(versions: Path, make_archive, mirror: Mirror) -> None:
    whole = make_archive()
    path = mirror.directory / whole.file
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Failure, match="truncated or not the declared one"):
        unpacking.unpack(versions, whole)
    assert _left(versions) == set()


def test_sum_made_of_a_truncated_archive_is_told(versions: Path, make_archive) -> None:
    for cut in (-3000, 30):
        with pytest.raises(Failure, match=r"cannot be unpacked|is no archive"):
            unpacking.unpack(versions, make_archive(content=tarball({"app": NOISE})[:cut]))
        assert not any(name.startswith(("1.0", ".staging")) for name in _left(versions))


def test_broken_download_goes_on_where_it_ended(versions: Path, make_archive, mirror: Mirror) -> None:
    archive = make_archive(members={"app": NOISE})
    mirror.cut = 500
    with pytest.raises(Failure, match="the connection broke"):
        unpacking.unpack(versions, archive)
    mirror.cut = None
    unpacking.unpack(versions, archive)
    assert [asked for _path, asked in mirror.requests] == [None, "bytes=500-", "bytes=1000-", "bytes=1500-"]
    assert _left(versions) == {archive.identity}


def test_download_begins_again_if_the_file_changed_meanwhile(versions: Path, make_archive, mirror: Mirror) -> None:
    archive = make_archive(members={"app": NOISE})
    good = (mirror.directory / archive.file).read_bytes()
    mirror.put(archive.file, b"x" * 5000)
    mirror.cut = 700
    with pytest.raises(Failure):
        unpacking.unpack(versions, archive)
    mirror.cut = None
    mirror.put(archive.file, good)
    assert (unpacking.unpack(versions, archive) / "app").is_file()


def test_next_mirror_serves_where_the_first_does_not(versions: Path, make_archive, mirror: Mirror) -> None:
    archive = make_archive()
    urls = ("http://127.0.0.1:1/app.tar.gz", f"{mirror.url}/missing", *archive.urls)
    directory = unpacking.unpack(versions, replace(archive, urls=urls))
    assert archives.record(directory)["source"] == archive.urls[0]


def test_all_failing_mirrors_are_named(versions: Path, make_archive, mirror: Mirror) -> None:
    urls = ("http://127.0.0.1:1/app.tar.gz", f"{mirror.url}/missing", "file:///no/such/file")
    with pytest.raises(Failure) as failure:
        unpacking.unpack(versions, replace(make_archive(), urls=urls))
    assert all(url in str(failure.value) for url in urls) and "HTTP 404" in str(failure.value)


def test_file_mirror_serves(versions: Path, make_archive, mirror: Mirror) -> None:
    archive = make_archive()
    local = replace(archive, urls=(f"file://{mirror.directory}/{archive.file}",))
    assert (unpacking.unpack(versions, local) / "app").stat().st_mode & 0o777 == 0o755


def _special(name: str, kind: bytes, target: str = "") -> dict[str, tarfile.TarInfo]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return {name: info}


@pytest.mark.parametrize(
    "members",
    [
        _special("app-1.0/../../escape", tarfile.REGTYPE),
        _special("/etc/cron.d/escape", tarfile.REGTYPE),
        _special("app-1.0/link", tarfile.SYMTYPE, "/etc/passwd"),
        _special("app-1.0/link", tarfile.SYMTYPE, "../../../escape"),
        _special("app-1.0/link", tarfile.LNKTYPE, "app-1.0/app"),
        _special("app-1.0/disk", tarfile.BLKTYPE),
        _special("app-1.0/pipe", tarfile.FIFOTYPE),
    ],
)
def test_members_that_lead_out_or_are_special_are_refused(versions: Path, make_archive, members) -> None:
    with pytest.raises(Failure, match="refused"):
        unpacking.unpack(versions, make_archive(members={"app": b"x", **members}))
    assert not any(name.startswith(("1.0", ".staging")) for name in _left(versions))
    assert not list(versions.parent.rglob("*escape*"))


def test_link_inside_the_archive_is_kept(versions: Path, make_archive) -> None:
    members = {"lib/app-1.0.jar": b"x", **_special("app-1.0/lib/app.jar", tarfile.SYMTYPE, "app-1.0.jar")}
    assert (unpacking.unpack(versions, make_archive(members=members)) / "lib/app.jar").read_bytes() == b"x"


def test_set_user_id_bits_are_dropped(versions: Path, make_archive) -> None:
    info = tarfile.TarInfo("app-1.0/app")
    info.mode = 0o4777
    directory = unpacking.unpack(versions, make_archive(members={"a": b"", "app": info}))
    assert (directory / "app").stat().st_mode & 0o7777 == 0o755


def test_single_file_and_zip_are_taken(versions: Path, make_archive, mirror: Mirror) -> None:
    jar = replace(make_archive(content=b"not really a jar"), file="app.jar")
    assert (unpacking.unpack(versions, jar) / "app.jar").read_bytes() == b"not really a jar"
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        container.writestr("app-2.0/bin/app", "x")
    packed = make_archive("2.0", content=stream.getvalue())
    assert (unpacking.unpack(versions, replace(packed, file="app.zip")) / "bin/app").read_bytes() == b"x"


def test_wrong_strip_is_told(versions: Path, make_archive) -> None:
    with pytest.raises(Failure, match="set 'strip'"):
        unpacking.unpack(versions, replace(make_archive(), strip=5))


def test_too_small_a_disk_is_refused_before_the_download(versions: Path, make_archive, monkeypatch) -> None:
    class Full:
        f_bavail, f_frsize = 100, 4096

    monkeypatch.setattr(failures.os, "statvfs", lambda _path: Full)  # no small file system can be mounted here
    with pytest.raises(Failure, match=r"no space on the file system of .*: .* needed, 400 KiB free"):
        unpacking.unpack(versions, make_archive())
    assert _left(versions) <= {f".{make_archive().checksum[:12]}-app-1.0.tar.gz.part.json"}
