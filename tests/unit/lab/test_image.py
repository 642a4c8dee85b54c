from pathlib import Path

from localcloud.image import bootstrap_command, cached_archive, checksum, recipe_key


def archive(folder: Path, content: bytes = b"root file system") -> Path:
    tar = folder / "key.tar"
    tar.write_bytes(content)
    (folder / "key.tar.sha256").write_text(f"{checksum(tar)}  key.tar\n")
    return tar


def test_whole_archive_is_used(tmp_path: Path) -> None:
    tar = archive(tmp_path)
    assert cached_archive(tmp_path, "key") == tar


def test_broken_archive_is_removed_so_that_it_is_built_again(tmp_path: Path) -> None:
    tar = archive(tmp_path)
    tar.write_bytes(b"root file sys")
    assert cached_archive(tmp_path, "key") is None
    assert not tar.exists()


def test_archive_without_checksum_is_not_trusted(tmp_path: Path) -> None:
    archive(tmp_path)
    (tmp_path / "key.tar.sha256").unlink()
    assert cached_archive(tmp_path, "key") is None


def test_key_follows_the_packages_and_the_files_with_their_modes(tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text("a")
    keys = {recipe_key(("curl",), tmp_path), recipe_key(("curl", "less"), tmp_path)}
    file.chmod(0o755)
    keys.add(recipe_key(("curl",), tmp_path))
    file.write_text("b")
    keys.add(recipe_key(("curl",), tmp_path))
    assert len(keys) == 4


def test_image_has_no_host_keys_and_no_machine_id() -> None:
    command = " ".join(bootstrap_command(Path("/tmp/x")))
    assert "/etc/ssh/ssh_host_*" in command
    assert 'truncate -s 0 "$1/etc/machine-id"' in command
