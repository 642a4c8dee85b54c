import hashlib
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive
from localcloud.artifacts import recipes
from localcloud.artifacts.archive import UNDATED, Built
from localcloud.artifacts.filling import Filled, Mirror, Source
from localcloud.problems import LabError

RELEASE = b"upstream's archive"
FILE = "node_exporter-9.linux-amd64.tar.gz"


class GoStub:
    """Stands for Go, which takes half a minute."""

    def __init__(self) -> None:
        self.builds = 0

    def build(self, _recipe: object, _version: str, _architecture: str, work: Path) -> Built:
        self.builds += 1
        (work / "node_exporter").write_text("program")
        return Built({"node_exporter": work / "node_exporter"}, {}, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def upstream(tmp_path: Path) -> Archive:
    """A release in a directory that stands for upstream's server."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    (folder / FILE).write_bytes(RELEASE)
    digest = hashlib.sha256(RELEASE).hexdigest()
    (folder / "sha256sums.txt").write_text(f"{digest}  {FILE}\n")
    return Archive("node_exporter", "9", "amd64", FILE, (folder / FILE).as_uri(), digest)


def _fill(tmp_path: Path, archive: Archive, source: Source, go: GoStub | None = None) -> list[Filled]:
    mirror = Mirror(tmp_path / "mirror", tmp_path / "cache", recipes.load())
    mirror._go = go or GoStub()  # type: ignore[assignment]
    return mirror.fill([archive], source)


def test_upstreams_release_is_served_where_upstream_answers(tmp_path: Path, upstream: Archive) -> None:
    _fill(tmp_path, upstream, Source.AUTO)
    assert (tmp_path / "mirror" / upstream.path).read_bytes() == RELEASE
    sums = (tmp_path / "mirror/node_exporter/9/sha256sums.txt").read_text()
    assert sums == f"{upstream.checksum}  {FILE}\n"


def test_without_upstream_the_archive_is_built_and_its_own_checksum_is_handed_over(
    tmp_path: Path, upstream: Archive
) -> None:
    go = GoStub()
    away = replace(upstream, upstream=(tmp_path / "nowhere" / FILE).as_uri())
    [filled] = _fill(tmp_path, away, Source.AUTO, go)
    assert f'"{FILE}": "{filled.sha256}"' in (tmp_path / "mirror/checksums.yml").read_text()
    assert filled.sha256 != upstream.checksum
    _fill(tmp_path, away, Source.AUTO, go)
    assert go.builds == 1


def test_a_built_archive_stays_when_upstream_comes_back(tmp_path: Path, upstream: Archive) -> None:
    away = replace(upstream, upstream=(tmp_path / "nowhere" / FILE).as_uri())
    [built] = _fill(tmp_path, away, Source.AUTO)
    assert _fill(tmp_path, upstream, Source.AUTO)[0].sha256 == built.sha256


def test_upstream_asked_for_and_not_there_is_an_error_with_the_way_out(tmp_path: Path, upstream: Archive) -> None:
    with pytest.raises(LabError, match="--source registry"):
        _fill(tmp_path, replace(upstream, upstream=(tmp_path / "nowhere" / FILE).as_uri()), Source.UPSTREAM)


def test_a_release_changed_after_it_was_pinned_is_refused(tmp_path: Path, upstream: Archive) -> None:
    with pytest.raises(LabError, match="changed after the release"):
        _fill(tmp_path, replace(upstream, checksum="0" * 64), Source.AUTO)
    assert not (tmp_path / "mirror").exists()


def test_a_release_is_compared_with_upstreams_sha512_where_that_is_pinned(tmp_path: Path, upstream: Archive) -> None:
    sha512 = hashlib.sha512(RELEASE).hexdigest()
    (tmp_path / "upstream" / f"{FILE}.sha512").write_text(f"{sha512}  {FILE}\n")
    [filled] = _fill(tmp_path, replace(upstream, checksum=sha512), Source.UPSTREAM)
    assert (tmp_path / "mirror" / upstream.path).read_bytes() == RELEASE
    assert filled.sha256 == upstream.checksum


def test_a_component_without_recipe_is_named(tmp_path: Path, upstream: Archive) -> None:
    with pytest.raises(LabError, match=r"no recipe builds nothing_exporter.*recipes\.yml"):
        _fill(tmp_path, replace(upstream, component="nothing_exporter"), Source.REGISTRY)


class MavenStub:
    """Stands for Maven, which needs a network."""

    def build(self, _recipe: object, version: str, work: Path) -> Built:
        (work / "one.jar").write_text(version)
        return Built({}, {"one.jar": work / "one.jar"}, UNDATED)


def _fill_jar(tmp_path: Path, archive: Archive, source: Source = Source.AUTO) -> bytes:
    mirror = Mirror(tmp_path / "mirror", tmp_path / "cache", recipes.load())
    mirror._maven = MavenStub()  # type: ignore[assignment]
    mirror.fill([archive], source)
    return (tmp_path / "mirror" / archive.path).read_bytes()


def test_an_artifact_that_is_one_jar_is_served_bare(tmp_path: Path) -> None:
    jar = Archive("jmx_exporter", "1", "any", "agent-1.jar", (tmp_path / "nowhere").as_uri(), "")
    assert _fill_jar(tmp_path, jar) == b"1"


def test_jars_are_one_directory_of_upstreams_name(tmp_path: Path) -> None:
    kafka = Archive("kafka", "1", "any", "kafka_2.13-1.tgz", (tmp_path / "nowhere").as_uri(), "")
    _fill_jar(tmp_path, kafka)
    with tarfile.open(tmp_path / "mirror" / kafka.path) as tar:
        assert tar.getnames() == ["kafka_2.13-1", "kafka_2.13-1/one.jar"]


def test_a_release_without_a_known_sum_is_built_and_never_taken_from_upstream(
    tmp_path: Path, upstream: Archive
) -> None:
    without = replace(upstream, checksum="")
    _fill(tmp_path, without, Source.AUTO)
    assert (tmp_path / "mirror" / without.path).read_bytes() != RELEASE
    with pytest.raises(LabError, match="none is taken unchecked"):
        _fill(tmp_path, without, Source.UPSTREAM)


def test_a_failed_archive_keeps_no_other_from_being_served(tmp_path: Path, upstream: Archive) -> None:
    mirror = Mirror(tmp_path / "mirror", tmp_path / "cache", recipes.load())
    with pytest.raises(LabError, match="no recipe builds nothing"):
        mirror.fill([upstream, replace(upstream, component="nothing", checksum="")], Source.AUTO)
    assert (tmp_path / "mirror" / upstream.path).exists()
