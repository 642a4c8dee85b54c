# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check signing requests and certificates, and sign with a deployment's own authority. Controller only."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleError

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None


class SigningError(AnsibleError):  # type: ignore[misc]
    """A request or certificate that must not be trusted; the live certificate stays."""


@dataclass(frozen=True)
class Issuer:
    """A signing certificate with its key, and the days that its certificates last."""

    certificate: x509.Certificate
    key: Any
    days: int


def load_authorities(pem: str, what: str) -> list[x509.Certificate]:
    """Return the certificates of a bundle, all of them authorities in force; ``what`` names it in messages."""
    found = load_certificates(pem, what)
    for certificate in found:
        require_authority(certificate, f"{what} ({title(certificate)})")
    return found


def load_certificates(pem: str, what: str) -> list[x509.Certificate]:
    """Return the certificates of a bundle, whatever they are."""
    if MISSING is not None:
        raise SigningError(f"certificates need Python's cryptography on the controller: {MISSING}")
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise SigningError(f"{what} holds no PEM certificate: {error}") from error


def bundle(certificates: Sequence[x509.Certificate]) -> bytes:
    """Return the PEM of certificates, one after the other."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def load_issuer(key_pem: bytes, roots: Sequence[x509.Certificate], days: int) -> Issuer | None:
    """Return the issuer among ``roots`` that the private key belongs to, or None; ValueError if it is no key."""
    key: Any = serialization.load_pem_private_key(key_pem, password=None)
    wanted = public_key(key)
    return next((Issuer(root, key, days) for root in roots if public_key(root) == wanted), None)


def new_key() -> bytes:
    """Return the PEM of a new private key (EC P-256, PKCS #8)."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_authority(common_name: str, days: int, private: bytes) -> bytes:
    """Return the PEM of a new authority's certificate for its private key (PEM)."""
    key: Any = serialization.load_pem_private_key(private, password=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = _now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def sign(csr_pem: str, names: Sequence[str], common_name: str, issuer: Issuer) -> str:
    """Sign a request whose names are exactly ``names``; return the certificate as PEM.

    The certificate serves both ends of TLS. It never outlives its issuer.
    """
    csr = checked_request(csr_pem, names)
    now = _now()
    end = min(now + datetime.timedelta(days=issuer.days), issuer.certificate.not_valid_after_utc)
    issuer_key: Any = issuer.certificate.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def checked_request(csr_pem: str, names: Sequence[str]) -> x509.CertificateSigningRequest:
    """Return the request if it is signed by its own key and names exactly ``names``."""
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
    except ValueError as error:
        raise SigningError(f"the host sent no valid signing request: {error}") from error
    if not csr.is_signature_valid:
        raise SigningError("the host's signing request is not signed by its own key")
    asked = _names(csr.extensions)
    if asked != _wanted(names):
        raise SigningError(f"the host asks for {sorted(asked)}, declared is {sorted(_wanted(names))}; not signed")
    return csr


def verify(chain_pem: str, names: Sequence[str], trust: Sequence[x509.Certificate], what: str) -> dict[str, Any]:
    """Return what a host must know of a certificate chain, or refuse the chain.

    It must carry ``names``, be in force, and lead to one of ``trust``; ``what`` names it in messages.
    """
    try:
        chain = x509.load_pem_x509_certificates(chain_pem.encode())
    except ValueError as error:
        raise SigningError(f"{what}: what the authority gave is no PEM certificate: {error}") from error
    leaf, now = chain[0], _now()
    _require_in_force(leaf, what, now)
    carried = _names(leaf.extensions)
    if missing := _wanted(names) - carried:
        raise SigningError(f"{what}: the certificate lacks the names {sorted(missing)}")
    signer = leaf
    issuer: x509.Certificate | None = None
    for _depth in range(len(chain) + 1):
        anchor = next((root for root in trust if _issued(signer, root)), None)
        if anchor is not None:
            _require_in_force(anchor, f"{what}: its authority {title(anchor)}", now)
            return {
                "chain": chain_pem if chain_pem.endswith("\n") else chain_pem + "\n",
                "fingerprint": fingerprint(leaf),
                "not_before": int(leaf.not_valid_before_utc.timestamp()),
                "not_after": int(leaf.not_valid_after_utc.timestamp()),
                "anchor": fingerprint(anchor),
                "issuer": fingerprint(issuer or anchor),
            }
        following = next((one for one in chain[1:] if _issued(signer, one)), None)
        if following is None:
            break
        _require_in_force(following, f"{what}: the intermediate {title(following)}", now)
        issuer = issuer or following
        signer = following
    raise SigningError(
        "{}: the certificate was issued by {}, which is none of the trusted authorities ({}). Nothing was changed; "
        "add that authority to the bundle, or have the certificate issued by the right one".format(
            what, signer.issuer.rfc4514_string(), ", ".join(title(one) for one in trust) or "none"
        )
    )


def require_authority(certificate: x509.Certificate, what: str) -> None:
    """Refuse an authority that has expired or may not sign."""
    _require_in_force(certificate, what, _now())
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        constraints = None
    if constraints is None or not constraints.ca:
        raise SigningError(f"{what} is not the certificate of an authority (CA:TRUE is missing)")


def public_key(owner: Any) -> bytes:
    """Return the public key of a key, request or certificate, to compare."""
    raw: bytes = owner.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def title(certificate: x509.Certificate) -> str:
    """Return the subject, as messages name a certificate."""
    return certificate.subject.rfc4514_string()


def common_name(certificate: x509.Certificate) -> str:
    """Return the subject's common name, "" if it has none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Return ``names`` as a certificate holds them."""
    return [x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name) for name in names]


def is_address(name: str) -> bool:
    """Whether ``name`` is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    try:
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _require_in_force(certificate: x509.Certificate, what: str, now: datetime.datetime) -> None:
    if now > certificate.not_valid_after_utc:
        raise SigningError(f"{what} expired on {certificate.not_valid_after_utc}; nothing was changed")
    if now < certificate.not_valid_before_utc:
        raise SigningError(f"{what} is valid from {certificate.not_valid_before_utc} only; nothing was changed")


def _names(extensions: x509.Extensions) -> set[str]:
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value).lower() for name in names}


def _wanted(names: Sequence[str]) -> set[str]:
    return {str(ipaddress.ip_address(name)) if is_address(name) else name.lower() for name in names}


def _key_usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - collections parse on older Pythons
