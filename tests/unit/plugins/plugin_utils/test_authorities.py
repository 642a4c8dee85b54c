"""Each kind of authority signs what was declared, and nothing else is trusted."""

import datetime
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import authorities, signing
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.authorities import Certificates
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.signing import SigningError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("app-1.example.test", "10.0.0.7")


def _request(names=NAMES) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    )
    csr = builder.add_extension(x509.SubjectAlternativeName(signing.general_names(names)), critical=False)
    return csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _certificates(settings, create=True, **declared) -> Certificates:
    one = {"service": "web", "sans": None, "common_name": None, "reload": False, "authority": None, **declared}
    component = {"name": "app", "state": "present", "certificates": [one]}
    return Certificates([component], settings, NAMES, "host-1", resolve=str, create=create)


def _filled(certificates: Certificates) -> dict:
    payload = [{"name": "app", "probes": [{"kind": "https"}]}]
    certificates.fill(payload)
    assert payload[0]["probes"][0]["server_name"] == NAMES[0]
    return payload[0]["certificates"][0]


def _sign(certificates: Certificates, csr: str | None = None) -> dict:
    certificates.sign([{"component": "app", "service": "web", "csr": csr or _request()}])
    return _filled(certificates)["issued"]


@pytest.fixture
def deployment(tmp_path: Path) -> dict:
    return {"kind": "deployment", "directory": str(tmp_path / "ca"), "days": 90}


def test_deployments_authority_is_made_once_and_kept_private(deployment: dict, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:  # as the forks for four hosts do
        made = set(pool.map(lambda _n: _filled(_certificates(deployment))["trust"], range(4)))
    assert len(made) == 1
    assert stat.S_IMODE((tmp_path / "ca/ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700


def test_authority_that_was_cut_off_after_its_key_is_finished_with_that_key(deployment: dict, tmp_path: Path) -> None:
    _filled(_certificates(deployment))
    key = (tmp_path / "ca/ca.key").read_bytes()
    (tmp_path / "ca/ca.pem").unlink()
    assert _filled(_certificates(deployment))["anchors"]
    assert (tmp_path / "ca/ca.key").read_bytes() == key


def test_check_mode_makes_no_authority(deployment: dict, tmp_path: Path) -> None:
    assert _filled(_certificates(deployment, create=False))["anchors"] == []
    assert not (tmp_path / "ca").exists()


def test_signed_certificate_carries_the_names_and_serves_both_ends(deployment: dict) -> None:
    issued = _sign(_certificates(deployment))
    leaf = x509.load_pem_x509_certificate(issued["chain"].encode())
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {one._name for one in usage} == {"serverAuth", "clientAuth"}
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 90
    assert issued["anchor"] == issued["issuer"] == _filled(_certificates(deployment))["anchors"][0]


@pytest.mark.parametrize("names", [["other.example.test"], [*NAMES, "more.example.test"], NAMES[:1]])
def test_request_for_other_names_is_not_signed(deployment: dict, names: list[str]) -> None:
    with pytest.raises(SigningError, match="not signed"):
        _sign(_certificates(deployment), _request(names))


def test_undeclared_request_is_not_signed(deployment: dict) -> None:
    with pytest.raises(SigningError, match="not declared"):
        _certificates(deployment).sign([{"component": "app", "service": "other", "csr": _request()}])


def test_rollover_trusts_both_and_signs_with_the_one_of_the_key(deployment: dict, tmp_path: Path) -> None:
    old = _filled(_certificates(deployment))
    key = signing.new_key()
    certificate = signing.new_authority("the next one", 365, key)
    bundle = tmp_path / "ca/ca.pem"
    bundle.write_bytes(certificate + bundle.read_bytes())
    both = _filled(_certificates(deployment))
    assert len(both["anchors"]) == 2 and both["issuer"] == old["issuer"]
    (tmp_path / "ca/ca.key").write_bytes(key)
    assert _filled(_certificates(deployment))["issuer"] == both["anchors"][0]


def test_key_of_another_authority_is_refused(deployment: dict, tmp_path: Path) -> None:
    _filled(_certificates(deployment))
    (tmp_path / "ca/ca.key").write_bytes(signing.new_key())
    with pytest.raises(SigningError, match="belongs to no certificate"):
        _filled(_certificates(deployment))


def test_expired_authority_is_refused(deployment: dict, tmp_path: Path, monkeypatch) -> None:
    _filled(_certificates(deployment))
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=4000)
    monkeypatch.setattr(signing, "_now", lambda: later)
    with pytest.raises(SigningError, match=r"monitoring authority.* expired on .*nothing was changed"):
        _filled(_certificates(deployment))


def _command(deployment: dict, tmp_path: Path, signs: str = "ca", **extra) -> dict:
    _filled(_certificates(deployment))
    home = tmp_path / signs
    argv = [
        "openssl",
        "x509",
        "-req",
        "-CA",
        f"{home}/ca.pem",
        "-CAkey",
        f"{home}/ca.key",
        "-copy_extensions",
        "copyall",
    ]
    return {"kind": "command", "ca": str(tmp_path / "ca/ca.pem"), "command": [*argv, "-days", "20"], **extra}


def test_external_command_signs(deployment: dict, tmp_path: Path) -> None:
    issued = _sign(_certificates(_command(deployment, tmp_path)))
    assert issued["anchor"] == _filled(_certificates(deployment))["anchors"][0]


def test_certificate_of_a_foreign_authority_is_refused(deployment: dict, tmp_path: Path) -> None:
    _filled(_certificates({**deployment, "directory": str(tmp_path / "foreign"), "common_name": "foreign"}))
    with pytest.raises(SigningError, match=r"CN=foreign, which is none of the trusted authorities \(CN=monitoring"):
        _sign(_certificates(_command(deployment, tmp_path, "foreign")))


def test_expired_certificate_from_a_signer_is_refused(deployment: dict, tmp_path: Path, monkeypatch) -> None:
    certificates = _certificates(_command(deployment, tmp_path))
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    monkeypatch.setattr(signing, "_now", lambda: later)
    with pytest.raises(SigningError, match="certificate web of app on host-1 expired on"):
        _sign(certificates)


def test_refusing_command_is_quoted(deployment: dict, tmp_path: Path) -> None:
    settings = _command(deployment, tmp_path) | {"command": ["sh", "-c", "echo policy says no >&2; exit 1"]}
    with pytest.raises(AnsibleError, match="refused host-1-app-web: policy says no"):
        _sign(_certificates(settings))


def test_garbage_from_a_signer_is_refused(deployment: dict, tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="no PEM certificate"):
        _sign(_certificates(_command(deployment, tmp_path) | {"command": ["echo", "hello"]}))


def test_directory_waits_for_certificates_and_names_all_that_are_missing(deployment: dict, tmp_path: Path) -> None:
    _filled(_certificates(deployment))
    settings = {"kind": "directory", "directory": str(tmp_path / "manual"), "ca": str(tmp_path / "ca/ca.pem")}
    csr = _request()
    with pytest.raises(AnsibleError, match=r"run again: .*/manual/host-1-app-web\.csr"):
        _sign(_certificates(settings), csr)
    assert (tmp_path / "manual/host-1-app-web.csr").read_text() == csr
    placed = tmp_path / "manual/host-1-app-web.pem"
    placed.write_text(_sign(_certificates(deployment), csr)["chain"])
    assert _filled(_certificates(settings))["issued"]["chain"] == placed.read_text()


@pytest.mark.parametrize(
    "settings", [None, "deployment", {"kind": "magic"}, {"kind": "deployment"}, {"kind": "command", "ca": "x"}]
)
def test_incomplete_authority_says_what_it_needs(settings) -> None:
    with pytest.raises(AnsibleError, match=r"certificate_authority|needs"):
        _filled(_certificates(settings))


def test_intermediate_leads_to_the_root(tmp_path: Path) -> None:
    root_key = signing.new_key()
    root_pem = signing.new_authority("root", 365, root_key)
    root = x509.load_pem_x509_certificate(root_pem)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    intermediate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "intermediate")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(serialization.load_pem_private_key(root_key, None), hashes.SHA256())
    )
    leaf = signing.sign(_request(), NAMES, NAMES[0], signing.Issuer(intermediate, key, 90))
    chain = leaf + intermediate.public_bytes(serialization.Encoding.PEM).decode()
    facts = signing.verify(chain, NAMES, [root], "web")
    assert (facts["anchor"], facts["issuer"]) == (signing.fingerprint(root), signing.fingerprint(intermediate))
    assert facts["not_after"] <= intermediate.not_valid_after_utc.timestamp()
    with pytest.raises(SigningError, match="none of the trusted"):
        signing.verify(leaf, NAMES, [root], "web")


def test_addresses_are_told_from_names() -> None:
    assert authorities.is_address("10.0.0.1") and authorities.is_address("fd00::1")
    assert not authorities.is_address("node-1.example.test")
