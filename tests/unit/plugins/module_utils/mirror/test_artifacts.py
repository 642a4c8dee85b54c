import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror import artifacts
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Part, publish
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.directory import DirectoryDestination

ARCHIVE = Archive("node_exporter", "1", "amd64", "n-1.tar.gz", "file:///nowhere/n-1.tar.gz", "0" * 64)
BUILT = hashlib.sha256(b"built").hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Another mirror, as a directory, which has built its archive itself."""
    file = tmp_path / "source" / ARCHIVE.path
    file.parent.mkdir(parents=True)
    file.write_bytes(b"built")
    return str(tmp_path / "source")


def _publish(tmp_path: Path, archive: Archive, source: str) -> list[str]:
    destination = DirectoryDestination(tmp_path / "mirror")
    content = artifacts.content([archive], [source, "upstream"], {ARCHIVE.file: BUILT}, tmp_path / "cache")
    return publish(destination, Part(content, artifacts.indices(content, destination, tmp_path)), check=False)


def test_an_archive_comes_from_a_directory_with_its_own_checksum(tmp_path: Path, source: str) -> None:
    assert _publish(tmp_path, ARCHIVE, source) == [ARCHIVE.path, "node_exporter/1/sha256sums.txt", "checksums.yml"]
    assert (tmp_path / "mirror/node_exporter/1/sha256sums.txt").read_text() == f"{BUILT}  n-1.tar.gz\n"
    assert _publish(tmp_path, ARCHIVE, source) == []


def test_the_checksums_of_another_architecture_stay(tmp_path: Path, source: str) -> None:
    _publish(tmp_path, ARCHIVE, source)
    sums = tmp_path / "mirror/node_exporter/1/sha256sums.txt"
    sums.write_text(f"{'a' * 64}  n-1-arm64.tar.gz\n{sums.read_text()}")
    assert _publish(tmp_path, ARCHIVE, source) == []


def test_a_damaged_source_publishes_nothing_and_says_what_was_tried(tmp_path: Path, source: str) -> None:
    (Path(source) / ARCHIVE.path).write_bytes(b"bui")
    with pytest.raises(Failure, match=r"n-1\.tar\.gz could not be fetched.*sha256 is .*nowhere"):
        _publish(tmp_path, ARCHIVE, source)
    assert not (tmp_path / "mirror").exists()


def test_an_archive_without_any_known_sum_is_refused_by_name(tmp_path: Path, source: str) -> None:
    with pytest.raises(Failure, match=r"n-2\.tar\.gz: no sum .*artifact_checksums"):
        _publish(tmp_path, replace(ARCHIVE, file="n-2.tar.gz", checksum=""), source)
    _publish(tmp_path, replace(ARCHIVE, checksum=""), source)


def test_a_release_of_which_only_sha512_is_known_gets_its_sha256_in_the_lists(tmp_path: Path, source: str) -> None:
    apache = replace(ARCHIVE, checksum=hashlib.sha512(b"built").hexdigest())
    [item] = artifacts.content([apache], [source], {}, tmp_path / "cache")
    assert item.sha256 == BUILT
    with pytest.raises(Failure, match="sha512 is"):
        artifacts.content([replace(apache, checksum="0" * 128)], [source], {}, tmp_path / "cache")


def test_a_relative_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="source mirror: give a URL"):
        artifacts.content([replace(ARCHIVE)], ["mirror"], {}, tmp_path)
