from dataclasses import replace
from pathlib import Path

import pytest
from localcloud.artifacts import recipes
from localcloud.artifacts.catalogue import declared
from localcloud.artifacts.recipes import RecipeError, Toolchain


def test_every_archive_of_the_catalogues_can_be_built_without_internet() -> None:
    known = recipes.load()
    for archive in declared(["amd64"]):
        assert known.archive(archive.component).programs


def test_whatever_decides_the_bytes_decides_the_key() -> None:
    known = recipes.load()
    recipe = known.archive("node_exporter")
    keys = {
        recipe.key("1.0.0", "amd64", known.toolchain),
        recipe.key("1.0.1", "amd64", known.toolchain),
        recipe.key("1.0.0", "arm64", known.toolchain),
        recipe.key("1.0.0", "amd64", Toolchain("1.0")),
        replace(recipe, tags=("other",)).key("1.0.0", "amd64", known.toolchain),
    }
    assert len(keys) == 5
    assert recipe.key("1.0.0", "amd64", known.toolchain) in keys


@pytest.mark.parametrize(
    ("entry", "message"),
    [("kind: maven", "of kind maven; known kinds: go"), ("kind: go, modul: x", "modul")],
)
def test_a_recipe_that_does_not_fit_is_named_with_its_file(tmp_path: Path, entry: str, message: str) -> None:
    file = tmp_path / "recipes.yml"
    file.write_text(f"toolchain: {{version: 1.26.8}}\narchives: {{kafka: {{{entry}}}}}\n")
    with pytest.raises(RecipeError, match=rf"recipes\.yml: kafka.*{message}"):
        recipes.load(file)
