import gzip
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.apt import Package
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.repository import (
    Repository,
    SigningKey,
    signed_release,
)

PACKAGE = Package("sudo", "1", "amd64", "a" * 64, "sudo_1_amd64.deb", "Package: sudo\nFilename: ./sudo_1_amd64.deb")
REPOSITORY = Repository([PACKAGE], "bookworm", "amd64", "selfhosted.monitoring")


def _key(home: Path, name: str) -> SigningKey:
    home.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "phrase",
         "--quick-generate-key", name, "ed25519", "sign", "never"],
        check=True, capture_output=True,
    )  # fmt: skip
    return SigningKey(name, str(home), "phrase")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningKey]:
    """A key with a passphrase, as an operator's is."""
    home = tmp_path_factory.mktemp("gnupg")
    yield _key(home, "mirror@example.org")
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)


def test_the_index_is_the_same_for_the_same_packages() -> None:
    assert REPOSITORY.compressed_index() == REPOSITORY.compressed_index()
    assert gzip.decompress(REPOSITORY.compressed_index()) == REPOSITORY.index()


def test_a_release_that_says_the_same_keeps_its_signature(key: SigningKey) -> None:
    published = signed_release(REPOSITORY, key, None)
    assert published.startswith(b"-----BEGIN PGP SIGNED MESSAGE-----")
    assert signed_release(REPOSITORY, key, published) == published


def test_other_packages_damage_and_another_key_are_signed_anew(key: SigningKey) -> None:
    published = signed_release(REPOSITORY, key, None)
    assert signed_release(replace(REPOSITORY, packages=[]), key, published) != published
    assert signed_release(REPOSITORY, key, published.replace(b"amd64", b"arm64")) != published
    other = _key(Path(str(key.home)), "another@example.org")
    assert signed_release(REPOSITORY, other, published) != published


def test_a_key_that_is_not_there_is_named_with_the_way_to_make_one(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(Failure, match=r"nobody@example\.org.*--quick-generate-key"):
        SigningKey("nobody@example.org", str(tmp_path)).public()
