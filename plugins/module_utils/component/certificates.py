# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's side of certificates: keys are made here and stay here, and renewal is decided here."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import Certificate, Issued
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import TLS, certificate_paths
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


def renewal_reason(  # noqa: PLR0911 - one line a reason
    wanted: Certificate, known: Mapping[str, Any] | None, tree: Path | None, now: float
) -> str:
    """Say why the certificate must be issued, or "" if the live one serves.

    ``known`` is the live generation's record of it, ``tree`` the live tree, ``now`` in seconds.
    """
    if not known or tree is None:
        return "it is not issued yet"
    for path, sha256 in known["files"].items():
        with contextlib.suppress(OSError):
            if hashlib.sha256((tree / path).read_bytes()).hexdigest() == sha256:
                continue
        return f"{path} was altered or removed"
    if sorted(known["names"]) != sorted(wanted.names):
        return "its names change from {} to {}".format(", ".join(known["names"]), ", ".join(wanted.names))
    if known["common_name"] != wanted.common_name:
        return "its common name changes from {} to {}".format(known["common_name"], wanted.common_name)
    if known["anchor"] not in wanted.anchors:
        return "its authority is no longer among the trusted ones"
    if wanted.issuer and known["issuer"] != wanted.issuer:
        return "the authority signs with another certificate now"
    if wanted.renew:
        return "a new one is asked for"
    if now < known["not_before"] - 300:
        return f"this host's clock ({day(now)}) is before its first day"
    left = known["not_after"] - now
    if left < (known["not_after"] - known["not_before"]) / 3:
        return "it {} on {}".format("expired" if left <= 0 else "expires", day(known["not_after"]))
    return ""


def request(pending: Path, wanted: Certificate) -> str:
    """Return a signing request (PEM); its new private key waits in ``pending``."""
    if shutil.which("openssl") is None:
        raise Failure(f"openssl is not on this host; it makes the private key of {wanted.service} here. Install it")
    pending.mkdir(mode=0o700, parents=True, exist_ok=True)
    pending.chmod(0o700)
    key = pending / (f"{wanted.service}.key")
    if not key.exists():
        made = _openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        atomic.replace_file(key, made, 0o600)
    names = ",".join(("IP:%s" if _is_address(name) else "DNS:%s") % name for name in wanted.names)
    subject = "/CN={}".format(wanted.common_name.replace("\\", "\\\\").replace("/", "\\/"))
    argv = ["req", "-new", "-sha256", "-key", str(key), "-subj", subject, "-addext", f"subjectAltName={names}"]
    return _openssl(argv).decode()


def matching_key(wanted: Certificate, pending: Path, live: Path | None) -> bytes | None:
    """Return the private key of ``wanted.issued``: the pending one or the live one; None if neither is."""
    if wanted.issued is None:
        return None
    public = _openssl(["x509", "-noout", "-pubkey"], wanted.issued.chain.encode())
    candidates = [pending / (f"{wanted.service}.key")]
    if live is not None:
        candidates.append(live / certificate_paths(wanted.service)["key"])
    for candidate in candidates:
        if candidate.is_file() and _openssl(["pkey", "-in", str(candidate), "-pubout"]) == public:
            return candidate.read_bytes()
    return None


def files(wanted: Certificate, chain: bytes, key: bytes, group: str) -> list[TreeFile]:
    """Return the certificate's files."""
    path = certificate_paths(wanted.service)
    return [
        TreeFile(path["pem"], chain, 0o640, "root", group),
        TreeFile(path["key"], key, 0o640, "root", group, secret=True),
        TreeFile(path["bundle"], key + chain, 0o640, "root", group, secret=True),
    ]


def trust_files(certificates: Sequence[Certificate], group: str) -> list[TreeFile]:
    """Return the bundles of trusted authorities: one a service, and the first one's as ``ca.pem``."""
    found = [TreeFile(f"{TLS}/{one.service}-ca.pem", one.trust.encode(), 0o640, "root", group) for one in certificates]
    if certificates:
        found.append(TreeFile(f"{TLS}/ca.pem", certificates[0].trust.encode(), 0o640, "root", group))
    return found


def record(wanted: Certificate, issued: Issued, written: Sequence[TreeFile]) -> dict[str, Any]:
    """Return what a generation remembers of a certificate, so that no run has to parse one."""
    return {
        "names": list(wanted.names),
        "common_name": wanted.common_name,
        "fingerprint": issued.fingerprint,
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "anchor": issued.anchor,
        "issuer": issued.issuer,
        "files": {file.path: hashlib.sha256(file.content).hexdigest() for file in written},
    }


def day(seconds: float) -> str:
    """Return a time as a date (UTC)."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


def _openssl(argv: list[str], given: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *argv], input=given, capture_output=True, check=False, timeout=60)
    if done.returncode:
        raise Failure("'openssl {}' failed: {}".format(argv[0], done.stderr.decode(errors="replace").strip()))
    return done.stdout
