# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process at a time changes a thing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

SECONDS = 60.0


@contextlib.contextmanager
def held(path: Path, name: str, seconds: float = SECONDS) -> Iterator[None]:
    """Hold the lock file ``path``; the kernel frees it if the process dies."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor) as stream:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise Failure(f"another run has been changing {name} for {seconds:.0f} s; wait for it") from error
                time.sleep(0.2)
        yield
