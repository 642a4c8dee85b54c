import hashlib
from pathlib import Path

import pytest
from localcloud.artifacts import maven, recipes
from localcloud.artifacts.maven import Jar, Maven
from localcloud.artifacts.recipes import MavenRecipe, RecipeError

LISTING = """
The following files have been resolved:
   org.slf4j:slf4j-api:jar:1.7.36:compile:/m2/slf4j-api-1.7.36.jar -- module org.slf4j [auto]
   io.netty:netty-epoll:jar:linux-x86_64:4.1:runtime:/m2/netty-epoll-4.1-linux-x86_64.jar

   org.apache:bom:pom:1:import:/m2/bom-1.pom
"""


def test_the_plugins_listing_is_read_with_classifiers_and_without_module_names() -> None:
    assert maven.resolved(LISTING) == {
        Jar("org.slf4j", "slf4j-api", "1.7.36"): Path("/m2/slf4j-api-1.7.36.jar"),
        Jar("io.netty", "netty-epoll", "4.1", "linux-x86_64"): Path("/m2/netty-epoll-4.1-linux-x86_64.jar"),
    }


def test_a_lock_is_read_as_it_was_written() -> None:
    sums = {Jar("b", "b", "1"): "1" * 64, Jar("a", "a", "2", "linux"): "2" * 64}
    assert maven.parse_lock(maven.format_lock(sums)) == sums


def test_locked_jars_are_asked_for_without_what_they_need() -> None:
    assert "<artifactId>*</artifactId>" in maven.project([Jar("g", "a", "1")], "", transitive=False)
    assert "<artifactId>*</artifactId>" not in maven.project([Jar("g", "a", "1")], "", transitive=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maven:
    """Maven whose registry holds one jar; it stands for the network."""
    jar = tmp_path / "a-1.jar"
    jar.write_bytes(b"jar")

    def resolve(_self: Maven, jars: object, *_rest: object, **_more: object) -> dict[Jar, Path]:
        return {Jar("g", "a", "1"): jar, Jar("g", "left-out", "1"): jar}

    monkeypatch.setattr(Maven, "_resolve", resolve)
    monkeypatch.setattr(recipes, "LOCKS", tmp_path / "locks")
    return Maven(tmp_path)


RECIPE = MavenRecipe(lock="a-{version}.lock", jars=("g:a:{version}",), exclude=("g:left-*",), lib="lib")


def test_a_build_is_of_the_jars_that_were_locked(repository: Maven, tmp_path: Path) -> None:
    lock = repository.lock(RECIPE, "1", tmp_path)
    assert maven.parse_lock(lock.read_text()) == {Jar("g", "a", "1"): hashlib.sha256(b"jar").hexdigest()}
    assert list(repository.build(RECIPE, "1", tmp_path).files) == ["lib/a-1.jar"]


def test_a_jar_with_other_bytes_than_the_locks_is_refused(repository: Maven, tmp_path: Path) -> None:
    lock = repository.lock(RECIPE, "1", tmp_path)
    lock.write_text(f"{'0' * 64}  g:a:1\n")
    with pytest.raises(RecipeError, match=r"g:a:1 has sha256 .*a-1\.lock pins 0000"):
        repository.build(RECIPE, "1", tmp_path)


def test_a_version_without_lock_is_named_with_the_command_that_makes_it(repository: Maven, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"a-2\.lock is missing: .* lock --only COMPONENT --version 2"):
        repository.build(RECIPE, "2", tmp_path)
