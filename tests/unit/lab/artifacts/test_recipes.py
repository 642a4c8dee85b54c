from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from localcloud import paths
from localcloud.artifacts import recipes
from localcloud.artifacts.catalogue import declared
from localcloud.artifacts.maven import Jar, parse_lock
from localcloud.artifacts.recipes import GoRecipe, MavenRecipe, PythonRecipe, RecipeError, Toolchain


def test_every_archive_of_the_catalogues_can_be_built_without_internet() -> None:
    known = recipes.load()
    for archive in declared(["amd64"]):
        recipe = known.archive(archive.component)
        if isinstance(recipe, MavenRecipe):
            assert recipe.lock_file(archive.version).exists()


@pytest.mark.parametrize("component", ["kafka", "zookeeper", "jmx_exporter"])
def test_a_lock_holds_every_jar_that_its_recipe_asks_for(component: str) -> None:
    recipe = recipes.load().archive(component)
    assert isinstance(recipe, MavenRecipe)
    locks = list(recipes.LOCKS.glob(recipe.lock.format(version="*")))
    assert locks
    for lock in locks:
        version = lock.stem.rpartition("-")[2]
        pinned = parse_lock(lock.read_text())
        asked = {Jar.of(jar.format(version=version)) for jar in recipe.jars}
        assert {(jar.group, jar.artifact) for jar in asked} <= {(jar.group, jar.artifact) for jar in pinned}
        assert {jar for jar in asked if jar.version} <= set(pinned)
        assert len({jar.file for jar in pinned}) == len(pinned)


def test_a_jar_that_is_its_own_release_has_the_catalogues_sum() -> None:
    [jmx] = [archive for archive in declared(["amd64"]) if archive.component == "jmx_exporter"]
    [sha256] = parse_lock((recipes.LOCKS / f"jmx_exporter-{jmx.version}.lock").read_text()).values()
    assert sha256 == jmx.checksum


def test_the_agents_are_of_the_collections_version() -> None:
    galaxy = yaml.safe_load((paths.CHECKOUT / "galaxy.yml").read_text())
    [agents] = [archive for archive in declared(["amd64"]) if archive.component == "agents"]
    assert agents.version == galaxy["version"]


def test_another_version_than_the_catalogues_is_of_no_known_sum() -> None:
    [jmx] = [archive for archive in declared(["amd64"], {"jmx_exporter": "9"}) if archive.component == "jmx_exporter"]
    assert (jmx.version, jmx.file, jmx.checksum) == ("9", "jmx_prometheus_javaagent-9.jar", "")


def test_whatever_decides_the_bytes_decides_the_key() -> None:
    recipe = recipes.load().archive("node_exporter")
    assert isinstance(recipe, GoRecipe)
    keys = {
        recipe.key("1.0.0", "amd64"),
        recipe.key("1.0.1", "amd64"),
        recipe.key("1.0.0", "arm64"),
        replace(recipe, toolchain=Toolchain("1.0")).key("1.0.0", "amd64"),
        replace(recipe, tags=("other",)).key("1.0.0", "amd64"),
    }
    assert len(keys) == 5
    assert recipe.key("1.0.0", "amd64") in keys


def test_a_changed_lock_is_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "LOCKS", tmp_path)
    recipe = MavenRecipe(lock="x-{version}.lock", jars=("g:a:{version}",))
    without = recipe.key("1", "any")
    (tmp_path / "x-1.lock").write_text(f"{'0' * 64}  g:a:1\n")
    assert recipe.key("1", "any") != without


def test_a_changed_line_of_the_package_or_its_lock_is_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
    (tmp_path / "package/__pycache__").mkdir(parents=True)
    (tmp_path / "package/one.py").write_text("1")
    (tmp_path / "lock.txt").write_text("a")
    recipe = PythonRecipe("lock.txt", "package", "3.11", {"amd64": "x"})
    keys = {recipe.key("1", "amd64")}
    (tmp_path / "package/__pycache__/one.pyc").write_text("bytecode")
    assert recipe.key("1", "amd64") in keys
    (tmp_path / "package/one.py").write_text("2")
    keys.add(recipe.key("1", "amd64"))
    (tmp_path / "lock.txt").write_text("b")
    keys.add(recipe.key("1", "amd64"))
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("entry", "message"),
    [("kind: rpm", "of kind rpm; known kinds: go, maven, python"), ("kind: go, modul: x", "modul")],
)
def test_a_recipe_that_does_not_fit_is_named_with_its_file(tmp_path: Path, entry: str, message: str) -> None:
    file = tmp_path / "recipes.yml"
    file.write_text(f"toolchain: {{version: 1.26.8}}\narchives: {{kafka: {{{entry}}}}}\n")
    with pytest.raises(RecipeError, match=rf"recipes\.yml: kafka.*{message}"):
        recipes.load(file)
