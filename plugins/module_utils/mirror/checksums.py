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


def released_sums(url: str, timeout: float = 15) -> dict[str, str]:
    """Return the checksums that a server publishes at a URL. `timeout` in seconds; raises Failure."""
    try:
        with open_url(url, timeout=timeout, http_agent="selfhosted.monitoring") as answer:
            return parse_sums(answer.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"{url}: {error}") from error
