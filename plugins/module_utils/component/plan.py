# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a declared component with the live one: what would change, and what that needs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import accounts, packages, placement
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import tree as trees
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import described, unpacked
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import (
    Certificate,
    Declaration,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import (
    TLS,
    Layout,
    certificate_paths,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.live import Live
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import (
    NOTHING,
    RELOAD,
    RESTART,
    Change,
    Difference,
)


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    ``tree`` is whole but for the ``unsigned`` certificates; ``uses`` are the archives of other components whose
    programs the unit runs; ``content``: a new generation is needed;
    ``missing_user``: the user must be made first.
    """

    difference: Difference
    tree: Tree
    records: Mapping[str, Any]
    uses: Mapping[str, str]
    unsigned: tuple[Certificate, ...]
    content: bool
    restart: bool
    reload: bool
    missing_user: bool

    def defers(self, declaration: Declaration, live: Live) -> bool:
        """Whether the declaration wants the change left for a rolling restart."""
        return declaration.defer and self.restart and live.state.running


def manifest(declaration: Declaration, records: Mapping[str, Any], uses: Mapping[str, str]) -> dict[str, Any]:
    """Return what a generation remembers: enough to check it, to activate it again and to roll back to it."""
    archive = declaration.archive
    return {
        "archive": archive and archive.summary,
        "certificates": dict(records),
        "uses": dict(uses),
        "unit": declaration.unit is not None,
        **_settings(declaration),
    }


def _settings(declaration: Declaration) -> dict[str, Any]:
    return {
        "links": dict(declaration.links),
        "apply": [list(argv) for argv in declaration.apply],
        "probes": [dict(vars(probe), argv=list(probe.argv), status=list(probe.status)) for probe in declaration.probes],
        "within": declaration.within,
    }


def digest(declaration: Declaration, tree: Tree, uses: Mapping[str, str]) -> str:
    """Return the SHA-256 that names a generation."""
    parts = [tree.digest(), declaration.unit.text if declaration.unit else "", manifest(declaration, {}, uses)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def make(declaration: Declaration, layout: Layout, live: Live, now: float | None = None) -> Plan:
    """Compare. ``now`` is in seconds since the epoch; by default the host's clock."""
    now = time.time() if now is None else now
    tree, records, unsigned, certificate_changes = _certify(declaration, layout, live, now)
    uses = {name: _archive_of(layout.beside(name)) for name in declaration.uses}
    content = [
        *_archive_changes(declaration, layout, live),
        *_use_changes(uses, live.manifest.get("uses", {})),
        *certificate_changes,
        *_tree_changes(declaration, tree, live),
        *_unit_changes(declaration, layout, live),
        *_setting_changes(declaration, live),
    ]
    missing_user = accounts.missing(declaration.user)
    before = placement.links(layout, live.manifest.get("unit", False), live.manifest.get("links", {}))
    around = [
        *(
            Change(f"package {name}", None, "installed\n", "", NOTHING)
            for name in packages.missing(declaration.packages)
        ),
        *([Change(f"user {declaration.user}", None, "system user\n", "", NOTHING)] if missing_user else []),
        *placement.compare_directories(tuple(layout.at(path) for path in declaration.data), declaration.user),
        *placement.compare_links(
            layout,
            placement.links(layout, declaration.unit is not None, declaration.links),
            before if live.generation else {},
        ),
    ]
    state = _state_changes(declaration, layout, live, bool(content))
    difference = Difference(declaration.name, (*around, *content, *state))
    restart = difference.needs(RESTART) or live.owed
    return Plan(
        difference,
        tree,
        records,
        uses,
        tuple(unsigned),
        bool(content) or live.generation is None,
        restart,
        difference.needs(RELOAD) and not restart,
        missing_user,
    )


def _certify(
    declaration: Declaration, layout: Layout, live: Live, now: float
) -> tuple[Tree, Mapping[str, Any], list[Certificate], list[Change]]:
    if not declaration.certificates:
        return declaration.tree, {}, [], []
    from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import (  # noqa: PLC0415 - only who has some
        certification,
    )

    found = certification.certify(declaration, layout, live, now)
    files = (*declaration.tree.files, *found.files)
    return replace(declaration.tree, files=files), found.records, found.unsigned, found.changes


def _archive_changes(declaration: Declaration, layout: Layout, live: Live) -> list[Change]:
    before, after = live.manifest.get("archive"), declaration.archive
    identity = before["identity"] if before else None
    if identity == (after.identity if after else None):
        if after and unpacked(layout.versions, after) is None:
            return [Change("archive", f"{identity} (its files are gone)\n", f"{identity}\n")]
        return []
    old = described(before) if before else None
    return [Change("archive", old, described(after.summary) if after else None)]


def _archive_of(layout: Layout) -> str:
    """Return the identity of a component's live archive, "" if it is not there."""
    return layout.archive.readlink().name if layout.archive.is_symlink() else ""


def _use_changes(wanted: Mapping[str, str], before: Mapping[str, str]) -> list[Change]:
    return [
        Change(f"archive of {name}", before.get(name) and f"{before[name]}\n", wanted.get(name) and f"{wanted[name]}\n")
        for name in sorted({*wanted, *before})
        if wanted.get(name) != before.get(name)
    ]


def _tree_changes(declaration: Declaration, tree: Tree, live: Live) -> list[Change]:
    reloads = declaration.unit is None or declaration.unit.reloads
    # Authorities are taken up as the certificate is that they come with; ca.pem is the first one's.
    bundles = [(f"{TLS}/{one.service}-ca.pem", one.reload) for one in declaration.certificates]
    bundles += [(f"{TLS}/ca.pem", one.reload) for one in declaration.certificates[:1]]
    restart_on = (*declaration.restart_on, *(path for path, reload in bundles if not reload))
    found = trees.compare(tree, live.tree, restart_on, reloads)
    # A certificate that changes is told of as such, not once more by each of its files.
    told = {f"file {path}" for one in declaration.certificates for path in certificate_paths(one.service).values()}
    return [
        replace(change, hidden="certificates") if change.subject.startswith(f"file {TLS}/") else change
        for change in found
        if change.subject not in told
    ]


def _unit_changes(declaration: Declaration, layout: Layout, live: Live) -> list[Change]:
    before = None
    if live.generation is not None and (live.generation / layout.unit_name).is_file():
        before = (live.generation / layout.unit_name).read_text(encoding="utf-8")
    after = declaration.unit.text if declaration.unit else None
    return [Change(f"unit {layout.unit_name}", before, after)] if before != after else []


def _setting_changes(declaration: Declaration, live: Live) -> list[Change]:
    if live.generation is None:
        return []
    wanted = _settings(declaration)
    return [
        Change(
            subject,
            _json(live.manifest.get(key)),
            _json(wanted[key]),
            "",
            RELOAD if key in ("links", "apply") else NOTHING,
        )
        for key, subject in (
            ("links", "links"),
            ("apply", "apply commands"),
            ("probes", "readiness probe"),
            ("within", "time to become ready"),
        )
        if live.manifest.get(key) != wanted[key]
    ]


def _state_changes(declaration: Declaration, layout: Layout, live: Live, content: bool) -> list[Change]:
    if declaration.unit is not None and declaration.restart and live.state.running:
        return [Change(f"restart of {layout.unit_name}", None, "asked for\n")]
    if declaration.unit is not None and not live.state.running:
        return [Change(f"state of {layout.unit_name}", f"{live.state.active}\n", "running\n")]
    if live.owed and not content:
        return [Change(f"state of {layout.name}", "not confirmed since a run that did not end\n", "confirmed\n")]
    return []


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
