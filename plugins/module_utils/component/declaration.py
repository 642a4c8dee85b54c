# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A component as it is declared: what the controller sends, read into values."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import sources
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import Probe
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree, TreeFile


@dataclass(frozen=True)
class Issued:
    """A certificate that the controller had signed and verified; times in seconds since the epoch.

    ``anchor`` and ``issuer`` are SHA-256 fingerprints of the trusted root it leads to and of its signer.
    """

    chain: str
    fingerprint: str
    not_before: int
    not_after: int
    anchor: str
    issuer: str


@dataclass(frozen=True)
class Certificate:
    """A declared certificate. ``trust`` is the PEM bundle to verify peers, ``anchors`` its fingerprints.

    ``issuer`` is the fingerprint of the authority's signing certificate, "" where only the signer knows it;
    ``renew``: a new one is wanted although the live one would serve.
    """

    service: str
    names: tuple[str, ...]
    common_name: str
    trust: str
    anchors: tuple[str, ...]
    issuer: str = ""
    reload: bool = False
    renew: bool = False
    issued: Issued | None = None


@dataclass(frozen=True)
class Unit:
    """A rendered systemd unit; ``reloads``: it has an ExecReload."""

    text: str
    reloads: bool = False


@dataclass(frozen=True)
class Declaration:
    """One component.

    ``defer``: do not restart what runs; ``restart``: restart it even if nothing differs; ``within``: seconds to
    become ready.
    """

    name: str
    present: bool = True
    defer: bool = False
    restart: bool = False
    user: str = "root"
    packages: tuple[str, ...] = ()
    archive: Archive | None = None
    uses: tuple[str, ...] = ()
    tree: Tree = field(default_factory=lambda: Tree(()))
    validate: tuple[tuple[str, ...], ...] = ()
    restart_on: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    unit: Unit | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    apply: tuple[tuple[str, ...], ...] = ()
    data: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()
    within: float = 30.0


def pack(components: Any) -> str:
    """Return the one opaque argument: small on the wire, and nothing that a log would show."""
    return base64.b64encode(zlib.compress(json.dumps(components).encode(), 6)).decode()


def unpack(payload: str, machine: str) -> list[Declaration]:
    """Read what ``pack`` made, on a host whose ``uname -m`` says ``machine``."""
    components = json.loads(zlib.decompress(base64.b64decode(payload)))
    return [_declaration(component, machine) for component in components]


def _declaration(value: Mapping[str, Any], machine: str) -> Declaration:
    tree = value["tree"]
    unit = value.get("unit")
    return Declaration(
        name=value["name"],
        present=value["present"],
        defer=value["defer"],
        restart=value["restart"],
        user=value["user"],
        packages=tuple(value["packages"]),
        archive=sources.archive(value["archive"], machine) if value.get("archive") else None,
        uses=tuple(value["uses"]),
        tree=Tree(
            tuple(TreeFile.from_payload(file) for file in tree["files"]),
            tree["owner"],
            tree["group"],
            tree["directory_mode"],
        ),
        validate=_commands(tree["validate"]),
        restart_on=tuple(tree["restart_on"]),
        certificates=tuple(_certificate(one) for one in value["certificates"]),
        unit=Unit(unit["text"], unit["reloads"]) if unit else None,
        links=value["links"],
        apply=_commands(value["apply"]),
        data=tuple(value["data"]),
        probes=probes(value["probes"]),
        within=value["within"],
    )


def probes(values: list[dict[str, Any]]) -> tuple[Probe, ...]:
    """Read probes."""
    return tuple(
        Probe(**dict(value, argv=tuple(value.get("argv", ())), status=tuple(value.get("status") or (200,))))
        for value in values
    )


def _commands(values: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(argv) for argv in values)


def _certificate(value: Mapping[str, Any]) -> Certificate:
    issued = value.get("issued")
    return Certificate(
        service=value["service"],
        names=tuple(value["names"]),
        common_name=value["common_name"],
        trust=value["trust"],
        anchors=tuple(value["anchors"]),
        issuer=value.get("issuer", ""),
        reload=value["reload"],
        renew=value.get("renew", False),
        issued=Issued(**issued) if issued else None,
    )
