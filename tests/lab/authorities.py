"""Certificate authorities for tests: one to trust, one that nobody knows, and one that has expired."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make(home: Path) -> Path:
    """Lay `trusted`, `foreign` and `expired` (ca.pem and ca.key each) under `home` and return it."""
    today = datetime.datetime.now(datetime.UTC)
    for name, days in (("trusted", 30), ("foreign", 30), ("expired", -1)):
        directory = home / name
        directory.mkdir(mode=0o700)
        certificate, key = _authority(name, today + datetime.timedelta(days=days))
        (directory / "ca.pem").write_bytes(certificate)
        (directory / "ca.key").write_bytes(key)
        (directory / "ca.key").chmod(0o600)
    return home


def _authority(name: str, end: datetime.datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=60))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
