# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads that end as a whole and verified file, or as none."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from ansible.module_utils.urls import open_url
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import verify

RETRIES = 3


class FetchError(OSError):
    """A source did not give a file; the message names the address and its answer."""


def is_directory(source: str) -> bool:
    """Whether a source of files is a directory of this machine rather than a server."""
    return "://" not in source or source.startswith("file://")


def _directory(source: str) -> Path:
    return Path(source[len("file://") :] if source.startswith("file://") else source)


def _open(location: str, timeout: float) -> BinaryIO:
    if is_directory(location):
        return _directory(location).open("rb")
    stream: BinaryIO = open_url(location, timeout=timeout, http_agent="selfhosted.monitoring")
    return stream


def read_text(location: str, timeout: float = 15.0) -> str:
    """Return a small text file of a server or directory. `timeout` in seconds; raises FetchError."""
    try:
        with _open(location, timeout) as stream:
            return stream.read().decode("utf-8")
    except (OSError, ValueError) as error:
        raise FetchError(f"{location}: {error}") from error


def fetch(location: str, target: Path, sha256: str, timeout: float = 30.0) -> None:
    """Bring a file of a server or directory to `target`, with mode 0644, once its sha256 is verified.

    A broken connection is tried again up to three times. `timeout` is in seconds for each answer of the server.
    Raises FetchError (no such file, no answer) or ChecksumError (another content); the target is then unchanged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as output:
            _copy(location, output, timeout)
        verify(part, sha256, location)
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _copy(location: str, output: BinaryIO, timeout: float) -> None:
    for attempt in range(1, RETRIES + 1):
        output.seek(0)
        output.truncate()
        try:
            with _open(location, timeout) as stream:
                shutil.copyfileobj(stream, output, 1 << 20)
        except (OSError, ValueError) as error:
            # A refusal (HTTP 4xx, no such file) will not change; a broken connection may.
            final = isinstance(error, FileNotFoundError) or 400 <= getattr(error, "code", 0) < 500
            if final or attempt == RETRIES:
                raise FetchError(f"{location}: {error}") from error
            time.sleep(attempt)
        else:
            return
