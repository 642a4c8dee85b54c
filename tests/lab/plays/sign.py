"""An operator's signer: `sign.py AUTHORITY AGE LEFT` signs the request on its input; AGE and LEFT are days."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

home, age, left = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
authority = x509.load_pem_x509_certificate((home / "ca.pem").read_bytes())
key = serialization.load_pem_private_key((home / "ca.key").read_bytes(), password=None)
request = x509.load_pem_x509_csr(sys.stdin.buffer.read())
now = datetime.datetime.now(datetime.UTC)
certificate = (
    x509.CertificateBuilder()
    .subject_name(request.subject)
    .issuer_name(authority.subject)
    .public_key(request.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(days=age))
    .not_valid_after(now + datetime.timedelta(days=left))
    .add_extension(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, critical=False)
    .sign(key, hashes.SHA256())  # type: ignore[arg-type]
)
sys.stdout.write(certificate.public_bytes(serialization.Encoding.PEM).decode())
