"""Keys are made on the host; certificates come, renew and are refused as they should."""

import datetime
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import certificates
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import (
    Certificate,
    Issued,
    Unit,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import signing
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .conftest import Host

NAMES = ("app-1.eu.example.test", "10.0.0.7")
NOW = datetime.datetime.now(datetime.UTC).timestamp()
DAY = 86400


class Authority:
    """An authority of the deployment, in memory."""

    def __init__(self, days: int = 90) -> None:
        key = signing.new_key()
        self.pem = signing.new_authority("test authority", 365, key)
        self.certificate = x509.load_pem_x509_certificate(self.pem)
        loaded = serialization.load_pem_private_key(key, None)
        self.issuer = signing.Issuer(self.certificate, loaded, days)

    def wanted(self, **values) -> Certificate:
        anchor = signing.fingerprint(self.certificate)
        return Certificate("app", NAMES, NAMES[0], self.pem.decode(), (anchor,), anchor, **values)

    def issue(self, host: Host, wanted: Certificate) -> Certificate:
        requests = host.transaction(host.declare(certificates=(wanted,))).requests()
        assert [request["service"] for request in requests] == ["app"]
        chain = signing.sign(requests[0]["csr"], wanted.names, wanted.common_name, self.issuer)
        return replace(wanted, issued=Issued(**signing.verify(chain, wanted.names, [self.certificate], "app")))


@pytest.fixture
def authority() -> Authority:
    return Authority()


def test_key_stays_on_the_host_and_files_fit_each_other(host: Host, authority: Authority) -> None:
    issued = authority.issue(host, authority.wanted())
    assert not host.layout.current.is_symlink(), "asking for a signature changed something live"
    host.apply(certificates=(issued,))
    tls = host.layout.tree / "tls"
    assert (tls / "app-bundle.pem").read_bytes() == (tls / "app.key").read_bytes() + (tls / "app.pem").read_bytes()
    assert b"BEGIN PRIVATE KEY" in (tls / "app.key").read_bytes()
    assert (tls / "ca.pem").read_bytes() == authority.pem == (tls / "app-ca.pem").read_bytes()
    leaf = x509.load_pem_x509_certificate((tls / "app.pem").read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(NAMES)
    assert not list(host.layout.pending.iterdir())
    check = ["openssl", "verify", "-x509_strict", "-CAfile", str(tls / "ca.pem"), str(tls / "app.pem")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_certificate_in_force_is_kept(host: Host, authority: Authority) -> None:
    host.apply(certificates=(authority.issue(host, authority.wanted()),))
    transaction = host.transaction(host.declare(certificates=(authority.wanted(),)))
    assert transaction.requests() == [] and not transaction.apply().changed


def test_unsigned_certificate_changes_nothing(host: Host, authority: Authority) -> None:
    with pytest.raises(Failure, match="without a signature: app"):
        host.apply(certificates=(authority.wanted(),))
    assert not host.layout.current.is_symlink()


@pytest.mark.parametrize(("left", "renewed"), [(31, False), (29, True), (-1, True)])
def test_renewed_in_the_last_third_of_its_life(tmp_path: Path, left: int, renewed: bool) -> None:
    wanted = Certificate("app", NAMES, NAMES[0], "", ("root",))
    known = {
        "names": list(NAMES), "common_name": NAMES[0], "fingerprint": "x", "anchor": "root", "issuer": "root",
        "not_before": NOW - (90 - left) * DAY, "not_after": NOW + left * DAY, "files": {},
    }  # fmt: skip
    assert bool(certificates.renewal_reason(wanted, known, tmp_path, NOW)) is renewed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"names": (*NAMES, "more.example.test")}, "its names change"),
        ({"common_name": "other"}, "its common name changes"),
        ({"anchors": ("other",)}, "no longer among the trusted"),
        ({"issuer": "other"}, "signs with another certificate now"),
    ],
)
def test_renewed_when_names_or_authority_change(host: Host, authority: Authority, change, reason: str) -> None:
    host.apply(certificates=(authority.issue(host, authority.wanted()),))
    transaction = host.transaction(host.declare(certificates=(replace(authority.wanted(), **change),)))
    assert len(transaction.requests()) == 1
    assert reason in str(transaction.plan()[1].difference.as_diff())


def test_further_authority_in_the_bundle_renews_nothing(host: Host, authority: Authority) -> None:
    host.apply(certificates=(authority.issue(host, authority.wanted()),))
    other, wanted = Authority(), authority.wanted()
    both = replace(
        wanted,
        trust=(authority.pem + other.pem).decode(),
        anchors=(*wanted.anchors, signing.fingerprint(other.certificate)),
    )
    transaction = host.transaction(host.declare(certificates=(both,)))
    assert transaction.requests() == []
    assert {change.subject for change in transaction.apply().difference.changes} == {
        "file tls/ca.pem",
        "file tls/app-ca.pem",
    }


def test_altered_key_is_replaced(host: Host, authority: Authority) -> None:
    host.apply(certificates=(authority.issue(host, authority.wanted()),))
    (host.layout.tree / "tls/app.key").write_text("nonsense")
    assert "altered" in str(
        host.transaction(host.declare(certificates=(authority.wanted(),))).plan()[1].difference.as_diff()
    )
    host.apply(certificates=(authority.issue(host, authority.wanted()),))
    assert "BEGIN PRIVATE KEY" in (host.layout.tree / "tls/app.key").read_text()


def test_deferred_component_asks_for_no_certificate(host: Host, authority: Authority) -> None:
    host.apply()
    transaction = host.transaction(host.declare(certificates=(authority.wanted(),), defer=True))
    assert transaction.requests() == [] and transaction.apply().restart_pending


def test_certificate_of_another_key_is_not_installed(host: Host, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    foreign = authority.issue(Host(tmp_path / "elsewhere"), authority.wanted())
    with pytest.raises(Failure, match="without a signature"):
        host.apply(certificates=(foreign,))


def test_private_keys_and_bundles_are_never_shown(host: Host, authority: Authority) -> None:
    outcome = host.apply(certificates=(authority.issue(host, authority.wanted()),))
    assert "BEGIN" not in str(outcome.difference.as_diff())


@pytest.mark.parametrize("reload", [True, False])
def test_another_trusted_authority_is_taken_up_as_its_certificate_is(
    host: Host, authority: Authority, reload: bool
) -> None:
    unit = Unit("[Service]\n", reloads=True)
    issued = authority.issue(host, authority.wanted(reload=reload))
    host.apply(unit=unit, certificates=(issued,))
    wider = replace(issued, trust=issued.trust + Authority().pem.decode())
    outcome = host.apply(unit=unit, certificates=(wider,))
    assert (outcome.reloaded, outcome.restarted) == (reload, not reload)


def test_certificate_that_would_serve_is_renewed_where_that_is_asked_for(host: Host, authority: Authority) -> None:
    first = authority.issue(host, authority.wanted(reload=True))
    host.apply(certificates=(first,), unit=Unit("[Service]\n", reloads=True))
    again = authority.issue(host, authority.wanted(reload=True, renew=True))
    outcome = host.apply(certificates=(again,), unit=Unit("[Service]\n", reloads=True))
    assert outcome.reloaded and "asked for" in outcome.difference.changes[0].after
    assert first.issued != again.issued
