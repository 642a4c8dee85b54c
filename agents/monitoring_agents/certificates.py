# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as they lie in files and as listeners serve them, compared byte for byte."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
from pathlib import Path

from monitoring_agents.failures import Failure

_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def leaf(path: Path) -> bytes:
    """Return the first certificate in the PEM file ``path`` (DER): of a keystore the one that is served."""
    try:
        text = path.read_text()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path} is not a PEM file") from error
    found = _FIRST.search(text)
    if found is None:
        raise Failure(f"{path} holds no certificate")
    try:
        return ssl.PEM_cert_to_DER_cert(found.group())
    except ValueError as error:
        raise Failure(f"{path} holds a broken certificate: {error}") from error


def served(address: str, seconds: float) -> bytes:
    """Return the certificate (DER) that the listener at ``address`` (HOST:PORT) serves to a TLS client.

    It is not verified: the caller compares it with the one that is wanted.
    """
    host, _colon, port = address.rpartition(":")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True)
    except (OSError, ValueError, OverflowError) as error:
        raise Failure(f"no TLS handshake at {address}: {error}") from error
    if certificate is None:
        raise Failure(f"{address} serves no certificate")
    return certificate


def fingerprint(certificate: bytes) -> str:
    """Return the beginning of its sha256, enough to tell two apart."""
    return hashlib.sha256(certificate).hexdigest()[:16]
