import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import archives

ENTRY = {
    "component": "node_exporter",
    "version": "1.2",
    "sha256": {"amd64": "a" * 64},
    "file": "node_exporter-{version}.linux-{architecture}.tar.gz",
    "upstream": "https://example.org/v{version}/{file}",
}


def test_an_entry_becomes_an_archive_for_each_architecture_that_it_has() -> None:
    [archive] = archives({"node": ENTRY}, ["amd64", "arm64"])
    assert archive.path == "node_exporter/1.2/node_exporter-1.2.linux-amd64.tar.gz"
    assert archive.upstream == "https://example.org/v1.2/node_exporter-1.2.linux-amd64.tar.gz"


def test_a_file_for_every_architecture_is_one_archive() -> None:
    jar = {**ENTRY, "file": "agent-{version}.jar", "sha256": "b" * 64}
    [archive] = archives({"jmx": jar}, ["amd64", "arm64"])
    assert (archive.file, archive.architecture, archive.checksum) == ("agent-1.2.jar", "any", "b" * 64)


def test_sha512_serves_where_upstream_has_no_sha256() -> None:
    apache = {**ENTRY, "file": "kafka-{version}.tgz", "sha256": None, "sha512": "c" * 128}
    assert [archive.checksum for archive in archives({"kafka": apache}, ["amd64"])] == ["c" * 128]


def test_an_entry_without_a_sum_has_its_archives_all_the_same() -> None:
    without = {key: value for key, value in ENTRY.items() if key != "sha256"}
    assert [archive.checksum for archive in archives({"node": without}, ["amd64", "arm64"])] == ["", ""]


def test_an_entry_that_runs_from_another_archive_has_none() -> None:
    assert list(archives({"lag": {"component": "lag", "port": 1}}, ["amd64"])) == []


@pytest.mark.parametrize("key", sorted({*ENTRY} - {"sha256"}))
def test_an_entry_that_lacks_something_is_named(key: str) -> None:
    with pytest.raises(Failure, match=f"catalogue entry node has no {key}"):
        list(archives({"node": {name: value for name, value in ENTRY.items() if name != key}}, ["amd64"]))
