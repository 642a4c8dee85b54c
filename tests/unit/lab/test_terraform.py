from pathlib import Path

import pytest
from localcloud.preflight import terraform_version
from localcloud.terraform import cli_configuration, provider_mirror


def test_directory_of_provider_packages_is_found_where_one_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    (tmp_path / "b" / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    assert provider_mirror((tmp_path / "a", tmp_path / "b")) == tmp_path / "b"
    assert provider_mirror((tmp_path / "a",)) is None


def test_directory_that_the_user_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "b"))
    assert provider_mirror((tmp_path / "a",)) == tmp_path / "b"


def test_providers_come_from_the_mirror_or_from_their_registry(tmp_path: Path) -> None:
    with_mirror = cli_configuration(Path("/srv/plugins"), tmp_path)
    assert 'path = "/srv/plugins"' in with_mirror
    assert "provider_installation" not in cli_configuration(None, tmp_path)


@pytest.mark.parametrize(
    ("output", "version"),
    [("Terraform v1.11.4\non linux_amd64\n", (1, 11, 4)), ("Terraform v1.9.0-beta1\n", (1, 9, 0)), ("", (0,))],
)
def test_version_is_read_from_terraforms_output(output: str, version: tuple[int, ...]) -> None:
    assert terraform_version(output) == version
