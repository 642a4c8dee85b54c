# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A component's certificates: which live ones serve, which come new, which must be signed first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import certificates
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import (
    Certificate,
    Declaration,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout, certificate_paths
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.live import Live
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import RELOAD, RESTART, Change


@dataclass
class Certification:
    """Files of all certificates at hand, their records by service, those ``unsigned``, and what changes."""

    files: list[TreeFile] = field(default_factory=list)
    records: dict[str, Any] = field(default_factory=dict)
    unsigned: list[Certificate] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def certify(declaration: Declaration, layout: Layout, live: Live, now: float) -> Certification:
    """Decide over every declared certificate; ``now`` is in seconds since the epoch."""
    known, group = live.manifest.get("certificates", {}), declaration.tree.group
    found = Certification(files=certificates.trust_files(declaration.certificates, group))
    for wanted in declaration.certificates:
        record = known.get(wanted.service)
        reason = certificates.renewal_reason(wanted, record, live.tree, now)
        key = None
        if wanted.issued and (reason or record["fingerprint"] != wanted.issued.fingerprint):
            key = certificates.matching_key(wanted, layout.pending, live.tree)
        if key is not None and wanted.issued is not None:
            written = certificates.files(wanted, wanted.issued.chain.encode(), key, group)
            found.files += written
            found.records[wanted.service] = certificates.record(wanted, wanted.issued, written)
            found.changes.append(_change(wanted, record, reason or "another one was issued"))
        elif reason:
            found.unsigned.append(wanted)
            found.changes.append(_change(wanted, record, reason))
        else:
            found.files += _live_files(wanted, live.tree or Path(), group)
            found.records[wanted.service] = record
    return found


def _live_files(wanted: Certificate, tree: Path, group: str) -> list[TreeFile]:
    path = certificate_paths(wanted.service)
    return certificates.files(wanted, (tree / path["pem"]).read_bytes(), (tree / path["key"]).read_bytes(), group)


def _change(wanted: Certificate, record: Mapping[str, Any] | None, reason: str) -> Change:
    before = None
    if record:
        before = "{}\nuntil {}\n".format(", ".join(record["names"]), certificates.day(record["not_after"]))
    until = certificates.day(wanted.issued.not_after) if wanted.issued else "(to be signed)"
    after = "{}\nuntil {}\nissued because {}\n".format(", ".join(wanted.names), until, reason)
    return Change(f"certificate {wanted.service}", before, after, "", RELOAD if wanted.reload else RESTART)
