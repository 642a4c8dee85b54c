"""Certificates in files and as a listener serves them, from a real TLS server."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from monitoring_agents.certificates import leaf, served
from monitoring_agents.failures import Failure


def keystore(path: Path, name: str) -> Path:
    """Write key and self-signed certificate in one file, as a broker's keystore has them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return keystore(tmp_path / "broker.pem", "broker")


@pytest.fixture
def listener(store: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(store)
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            accepted, _peer = plain.accept()
            with context.wrap_socket(accepted, server_side=True) as secured:
                secured.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{plain.getsockname()[1]}"
        thread.join(timeout=10)


def test_a_listener_serves_its_keystores_certificate(store: Path, listener: str):
    assert served(listener, 5) == leaf(store)


def test_another_certificate_is_told_from_it(tmp_path: Path, store: Path):
    assert leaf(keystore(tmp_path / "renewed.pem", "broker")) != leaf(store)


def test_of_a_chain_the_first_is_the_brokers_own(tmp_path: Path, store: Path):
    issuer = keystore(tmp_path / "issuer.pem", "issuer")
    chain = tmp_path / "chain.pem"
    chain.write_text(store.read_text() + issuer.read_text())
    assert leaf(chain) == leaf(store)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff\xfe\x00"])
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.pem"
    path.write_bytes(content)
    with pytest.raises(Failure, match=r"broken\.pem"):
        leaf(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(Failure, match=r"none\.pem cannot be read: No such file"):
        leaf(tmp_path / "none.pem")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "127.0.0.1:99999"])
def test_a_listener_that_is_not_there_is_named(address: str):
    with pytest.raises(Failure, match=address):
        served(address, 1)
