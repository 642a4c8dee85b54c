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


@pytest.mark.parametrize("key", sorted(ENTRY))
def test_an_entry_that_lacks_something_is_named(key: str) -> None:
    with pytest.raises(Failure, match=f"catalogue entry node has no {key}"):
        list(archives({"node": {name: value for name, value in ENTRY.items() if name != key}}, ["amd64"]))
