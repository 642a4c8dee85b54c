from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.apt import AptRoot, _package, _planned

SIMULATION = """\
Inst libc6 (2.36-9+deb12u10 Debian:12.11/stable [amd64])
Inst adduser (3.134 Debian:12.11/stable [all])
Inst openssl (3.0.17-1~deb12u2 Debian-Security:12/stable-security, Debian:12.11/stable [amd64])
Conf libc6 (2.36-9+deb12u10 Debian:12.11/stable [amd64])
"""


def test_the_plan_names_every_package_once_with_its_version() -> None:
    assert _planned(SIMULATION, "amd64") == [
        ("adduser", "3.134", "amd64"),
        ("libc6", "2.36-9+deb12u10", "amd64"),
        ("openssl", "3.0.17-1~deb12u2", "amd64"),
    ]


def test_a_package_lies_beside_its_index() -> None:
    stanza = f"Package: sudo\nVersion: 1:2\nArchitecture: amd64\nFilename: pool/s/sudo_2_amd64.deb\nSHA256: {'a' * 64}"
    package = _package(stanza)
    assert (package.file, package.version) == ("sudo_2_amd64.deb", "1:2")
    assert "Filename: ./sudo_2_amd64.deb\n" in package.stanza


def test_without_apt_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match=r"apt-get is missing.*mirror_host"):
        AptRoot(tmp_path, [], "amd64")
