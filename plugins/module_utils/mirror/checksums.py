# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two lists of checksums that a mirror serves.

``<component>/<version>/sha256sums.txt`` has upstream's form (``sha256sum -c`` reads it); ``checksums.yml`` at the
mirror's root holds the variable ``artifact_checksums`` for the inventory (file name to sha256).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible.module_utils.urls import open_url
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

SUMS_FILE = "sha256sums.txt"
CHECKSUMS_FILE = "checksums.yml"

_SUM_LINE = re.compile(r"^([0-9a-f]{64}) [ *](\S.*)$", re.MULTILINE)
_SHA512 = re.compile(r"\b(?:[0-9a-fA-F]{8}\s*){16}(?![0-9a-fA-F])")
_CHECKSUM_LINE = re.compile(r'^  "?([^":\s]+)"?: "?([0-9a-f]{64})"?$', re.MULTILINE)


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


def parse_sha512(text: str) -> str | None:
    """Read the SHA-512 of one file as Apache publishes it: by sha512sum, or by gpg in groups of eight digits."""
    found = _SHA512.search(text)
    return "".join(found.group(0).split()).lower() if found else None


def released_checksum(upstream: str, algorithm: str, timeout: float = 15) -> str | None:
    """Return what upstream publishes as a file's checksum: beside it as <file>.sha512, or in its sha256sums.txt.

    `timeout` in seconds; raises Failure when there is no such list.
    """
    folder, _separator, file = upstream.rpartition("/")
    if algorithm == "sha512":
        return parse_sha512(_text(f"{upstream}.sha512", timeout))
    return parse_sums(_text(f"{folder}/{SUMS_FILE}", timeout)).get(file)


def _text(url: str, timeout: float) -> str:
    try:
        with open_url(url, timeout=timeout, http_agent="selfhosted.monitoring") as answer:
            return str(answer.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"{url}: {error}") from error
