# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksums: of files, and the two lists of them that a mirror serves.

``<component>/<version>/sha256sums.txt`` has upstream's form (``sha256sum -c`` reads it); ``checksums.yml`` at the
mirror's root holds the variable ``artifact_checksums`` for the inventory (file name to sha256).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

SUMS_FILE = "sha256sums.txt"
CHECKSUMS_FILE = "checksums.yml"

_SUM_LINE = re.compile(r"^([0-9a-f]{64}) [ *](\S.*)$", re.MULTILINE)
_CHECKSUM_LINE = re.compile(r'^  "?([^":\s]+)"?: "?([0-9a-f]{64})"?$', re.MULTILINE)


class ChecksumError(ValueError):
    """A file is not what it was said to be; the message names it, both sums and the way out."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def verify(path: Path, expected: str, origin: str) -> None:
    """Raise ChecksumError unless the file has the expected sha256; `origin` says where it came from."""
    found = sha256_of(path)
    if found != expected:
        raise ChecksumError(
            f"{origin} has sha256 {found}, but {expected} is expected: the file is damaged or another one. "
            "If this origin built its own archive, hand its checksums.yml over as artifact_checksums."
        )


def parse_sums(text: str) -> dict[str, str]:
    """Read a sha256sums.txt: file name to sha256."""
    return {name: digest for digest, name in _SUM_LINE.findall(text)}


def format_sums(sums: Mapping[str, str]) -> str:
    """Write a sha256sums.txt, sorted by name."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def parse_checksums(text: str) -> dict[str, str]:
    """Read a checksums.yml as `format_checksums` writes it."""
    return dict(_CHECKSUM_LINE.findall(text))


def format_checksums(checksums: Mapping[str, str]) -> str:
    """Write a checksums.yml, a variables file for ansible-playbook (-e @checksums.yml)."""
    lines = "".join(f'  "{name}": "{checksums[name]}"\n' for name in sorted(checksums))
    return "---\nartifact_checksums:" + (f"\n{lines}" if lines else " {}\n")
