# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch a file of known checksum from the first mirror that has it, going on where a broken download ended.

A checksum is SHA-256 or SHA-512 in lower-case hexadecimal; its length says which.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import ssl
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.urls import ConnectionError as UrlError
from ansible.module_utils.urls import open_url
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import (
    Failure,
    full_disk_named,
    require_space,
)

ATTEMPTS = 3
_CHUNK = 1 << 20
_ALGORITHMS = {64: "sha256", 128: "sha512"}
# What the way to a mirror raises; any other OSError is this host's own disk.
_FROM_AFAR = (urllib.error.URLError, ConnectionError, TimeoutError, ssl.SSLError, UrlError)


def fetch(urls: Sequence[str], path: Path, checksum: str, timeout: float = 30) -> str:
    """Bring the file with ``checksum`` to ``path`` and return the URL that served it.

    ``timeout`` is seconds without a byte. What arrived of a broken download stays beside ``path`` as
    ``.part`` and is continued, if the server still has the same file.
    """
    if not urls:
        raise Failure(f"no mirror and no upstream URL is given for {path.name}")
    errors = []
    for url in urls:
        try:
            _fetch_from(url, path, checksum, timeout)
        except (OSError, http.client.HTTPException, UrlError, _WrongSumError) as error:
            if isinstance(error, OSError) and not isinstance(error, _FROM_AFAR):
                with full_disk_named(path.parent):
                    raise
            errors.append(f"{shown(url)}: {_reason(error)}")
        else:
            return shown(url)
    name = Path(urlsplit(urls[0]).path).name or path.name  # ``path`` may be a place of ours under another name
    raise Failure("{} could not be fetched; nothing was changed. {}".format(name, "; ".join(errors)))


class _WrongSumError(Exception):
    """The whole file arrived and is not the one wanted."""


def _fetch_from(url: str, path: Path, checksum: str, timeout: float) -> None:
    part = path.with_name(path.name + ".part")
    origin = path.with_name(path.name + ".part.json")
    algorithm = algorithm_of(checksum)
    last: Exception | None = None
    for _attempt in range(ATTEMPTS):
        resumed = part.exists() and origin.exists()
        try:
            _continue(url, part, origin, timeout)
        except (http.client.IncompleteRead, ConnectionError, TimeoutError) as error:
            last = error
            continue
        found = digest(part, algorithm)
        if found == checksum:
            atomic.step(f"rename to {path}")
            part.replace(path)
            _forget(origin)
            return
        size = part.stat().st_size
        _forget(part, origin)
        last = _WrongSumError(
            f"{algorithm} is {found} ({size} bytes), expected {checksum}: the file is truncated or not the declared one"
        )
        if not resumed:
            break
    if last:
        raise last


def _continue(url: str, part: Path, origin: Path, timeout: float) -> None:
    validator = _validator(origin, url)
    have = part.stat().st_size if validator and part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers.update({"Range": f"bytes={have}-", "If-Range": str(validator)})
    try:
        response = open_url(url, headers=headers, timeout=timeout, http_agent="selfhosted.monitoring", decompress=False)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left of it: the sum decides
            return
        raise
    with response:
        # file:// answers have no status; only a 206 continues what is there.
        continued = have > 0 and getattr(response, "status", None) == 206
        left = response.headers.get("Content-Length")
        require_space(part.parent, int(left or 0))
        origin.write_text(json.dumps({"url": url, "validator": _strong_validator(response.headers)}), encoding="utf-8")
        received = 0
        with full_disk_named(part.parent, int(left or 0)), part.open("ab" if continued else "wb") as stream:
            while chunk := response.read(_CHUNK):
                stream.write(chunk)
                received += len(chunk)
                atomic.step(f"receive {part}")
            stream.flush()
            os.fsync(stream.fileno())
        if left and received < int(left):
            raise http.client.IncompleteRead(b"", int(left) - received)


def _strong_validator(headers: Any) -> str | None:
    tag = headers.get("ETag")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return headers.get("Last-Modified") and str(headers["Last-Modified"])


def _validator(origin: Path, url: str) -> str | None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        known = json.loads(origin.read_text(encoding="utf-8"))
        if known.get("url") == url:
            return str(known["validator"]) if known.get("validator") else None
    return None


def algorithm_of(checksum: str) -> str:
    """Return the algorithm that made a checksum, as hashlib names it."""
    return _ALGORITHMS[len(checksum)]


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the file's checksum in hexadecimal."""
    total = hashlib.new(algorithm)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


def shown(url: str) -> str:
    """Return ``url`` without the password that it may hold."""
    parts = urlsplit(url)
    return url if parts.password is None else url.replace(f":{parts.password}@", ":********@", 1)


def _forget(*paths: Path) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    if isinstance(error, http.client.IncompleteRead):
        return f"the connection broke {error.expected} bytes before the end ({ATTEMPTS} attempts)"
    return str(error) or type(error).__name__
