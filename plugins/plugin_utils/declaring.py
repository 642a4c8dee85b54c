# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a component's arguments into what its host is sent: paths final, templates rendered, sums chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import sources
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.arguments import COMPONENT, TREE
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import TLS, Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.sources import replace
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import rendering, units

_NO_TREE = {key: option.get("default") for key, option in TREE.items()}


class DeclarationError(AnsibleError):  # type: ignore[misc]
    """The declaration itself is wrong; nothing was sent to the host."""


def checked(arguments: Mapping[str, Any], number: int | None = None) -> dict[str, Any]:
    """Return the arguments of one component with defaults; every mistake in them is named at once."""
    where = "" if number is None else f"components[{number}]: "
    result = ArgumentSpecValidator(COMPONENT).validate(dict(arguments))
    if result.unsupported_parameters:
        names = sorted(".".join(one) if isinstance(one, tuple) else one for one in result.unsupported_parameters)
        raise DeclarationError(f"{where}{', '.join(names)}: component has no such keys. {result.error_messages[0]}")
    if result.error_messages:
        raise DeclarationError(where + "; ".join(result.error_messages))
    known: dict[str, Any] = result.validated_parameters
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", known["name"] or ""):
        raise DeclarationError(
            f"{where}name is {known['name']!r}; it names a directory, a unit and a user, "
            "so it must be lower-case letters, digits, - and _"
        )
    return known


def declare(
    arguments: Mapping[str, Any],
    render: Callable[[str], dict[str, bytes]],
    mirrors: Sequence[str],
    checksums: Mapping[str, str],
) -> dict[str, Any]:
    """Return a component (its arguments ``checked``) as it goes to the host, but for its certificates.

    ``render`` turns a directory of templates into files; ``mirrors`` and ``checksums`` are the deployment's
    defaults.
    """
    name = arguments["name"]
    unit = arguments["unit"]
    user = arguments["user"] or (name if unit else "root")
    layout = Layout(name)
    data = _data(unit, layout)
    places = {
        "{archive}": str(layout.archive),
        "{tree}": str(layout.tree),
        "{data}": data[0] if data else str(layout.data),
    }
    services = [one["service"] for one in arguments["certificates"]]
    return {
        "name": name,
        "present": arguments["state"] == "present",
        "defer": arguments["live"] == "defer",
        "restart": arguments["restart"],
        "user": user,
        "packages": arguments["packages"],
        "archive": _archive(arguments["archive"], name, mirrors, checksums),
        "uses": arguments["uses"],
        "tree": _tree(arguments["tree"] or _NO_TREE, user, render),
        "certificates": [],
        "unit": _unit(unit, name, user, data, places),
        "links": _links(arguments["links"]),
        "apply": _commands(arguments["apply"], "apply"),
        "data": data,
        **_ready(arguments["ready"], services, layout, places),
    }


def _data(unit: Mapping[str, Any] | None, layout: Layout) -> list[str]:
    value = unit["data"] if unit else False
    if isinstance(value, bool) or value is None:
        return [str(layout.data)] if value else []
    paths = [value] if isinstance(value, str) else list(value)
    for path in paths:
        if not str(path).startswith("/"):
            raise DeclarationError(f"unit.data of {layout.name}: {path!r} is not an absolute path")
    return [str(path) for path in paths]


def _archive(
    archive: Mapping[str, Any] | None, component: str, mirrors: Sequence[str], checksums: Mapping[str, str]
) -> dict[str, Any] | None:
    if archive is None:
        return None
    try:
        return sources.variants(archive, component, mirrors, checksums)
    except Failure as failure:
        raise DeclarationError(str(failure)) from failure


def tree(given: Mapping[str, Any], render: Callable[[str], dict[str, bytes]]) -> dict[str, Any]:
    """Return a configuration tree as it goes to the host."""
    access = {"owner": given["owner"], "group": given["group"], "mode": given["mode"]}
    rendered = render(given["templates"]) if given["templates"] else {}
    return {
        "files": rendering.files(rendered, given["files"], access, given["rules"], given["secret"]),
        "owner": given["owner"],
        "group": given["group"],
        "directory_mode": rendering.mode_bits(given["directory_mode"], "directories"),
        "validate": _commands(given["validate"], "validate"),
    }


def _tree(given: Mapping[str, Any], user: str, render: Callable[[str], dict[str, bytes]]) -> dict[str, Any]:
    sent = tree({**given, "group": given["group"] or user}, render)
    for file in sent["files"]:
        if file["path"].split("/")[0] == TLS:
            raise DeclarationError(f"{file['path']}: the directory {TLS}/ of a tree is kept for certificates")
    return {**sent, "restart_on": [file["path"] for file in sent["files"] if _any(file["path"], given["restart_on"])]}


def _any(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _unit(
    unit: Mapping[str, Any] | None, name: str, user: str, data: Sequence[str], places: Mapping[str, str]
) -> dict[str, Any] | None:
    if unit is None:
        return None
    reload = unit["reload"]
    if isinstance(reload, str):  # a signal
        if not re.fullmatch(r"(SIG)?[A-Z0-9]+", reload):
            raise DeclarationError(f"unit.reload of {name}: {reload!r} is neither a signal nor a list")
        reload = ["/bin/kill", "-{}".format(reload.replace("SIG", "", 1)), "$MAINPID"]
    try:
        text = units.render(
            units.UnitDeclaration(
                name=name,
                description=unit["description"] or "",
                command=[replace(one, places) for one in unit["command"]],
                user=user,
                reload=[replace(str(one), places) for one in reload or []],
                limits=unit["limits"] or {},
                environment={key: replace(str(value), places) for key, value in unit["environment"].items()},
                writable=data,
                capabilities=unit["capabilities"],
                jvm=unit["jvm"],
                sections=unit["sections"],
            )
        )
    except ValueError as error:
        raise DeclarationError(f"unit of {name}: {error}") from error
    if not unit["command"] or not replace(unit["command"][0], places).startswith("/"):
        raise DeclarationError(f"unit.command of {name} must begin with an absolute path, or with {{archive}}/")
    return {"text": text, "reloads": bool(reload)}


def _links(links: Mapping[str, str]) -> dict[str, str]:
    for path, target in links.items():
        if not path.startswith("/") or target.startswith("/") or ".." in target.split("/"):
            raise DeclarationError(f"links: {path} -> {target}; give an absolute path and a path inside the tree")
    return dict(links)


def _commands(value: Sequence[Any], where: str) -> list[list[str]]:
    """Return argv lists, whether one or several were given."""
    if not value:
        return []
    commands = [value] if all(isinstance(one, str) for one in value) else value
    for argv in commands:
        if isinstance(argv, str) or not argv:
            raise DeclarationError(f"{where}: give a list of arguments, or a list of such lists; not {argv!r}")
    return [[str(one) for one in argv] for argv in commands]


def _ready(ready: Any, services: Sequence[str], layout: Layout, places: Mapping[str, str]) -> dict[str, Any]:
    questions = [ready] if isinstance(ready, Mapping) else list(ready or [])
    within = max([float(one.get("within", 30)) for one in questions], default=30.0)
    return {
        "probes": [_probe(one, services, layout, places) for one in questions if set(one) - {"within"}],
        "within": within,
    }


_PROBE_KEYS = {"within", "port", "status", "match", "send", "server_name", "ca", "certificate", "timeout"}
_PROBE_KINDS = ("http", "https", "tcp", "tls", "command")


def _probe(
    one: Mapping[str, Any], services: Sequence[str], layout: Layout, places: Mapping[str, str]
) -> dict[str, Any]:
    kinds = [kind for kind in _PROBE_KINDS if one.get(kind) is not None]
    unknown = set(one) - _PROBE_KEYS - set(_PROBE_KINDS)
    if len(kinds) != 1 or unknown:
        raise DeclarationError(
            "ready of {}: give one of http, https, tcp, tls and command{}".format(
                layout.name, ", without {}".format(", ".join(sorted(unknown))) if unknown else ""
            )
        )
    kind = kinds[0]
    probe: dict[str, Any] = {"kind": kind, "seconds": float(one.get("timeout", 5))}
    if kind == "command":
        probe["argv"] = [replace(str(argument), places) for argument in one["command"]]
    else:
        probe["target"] = _target(kind, str(one[kind]), one.get("port"), layout.name)
    if kind in ("https", "tls"):
        tls = f"{layout.tree}/{TLS}"
        if services:
            probe["ca"], probe["certificate"] = f"{tls}/ca.pem", f"{tls}/{services[0]}-bundle.pem"
        for key in ("ca", "certificate"):
            if one.get(key) is not None:
                probe[key] = replace(str(one[key]), places)
    for key in ("match", "send", "server_name"):
        if one.get(key):
            probe[key] = str(one[key])
    if one.get("status"):
        status = one["status"]
        probe["status"] = [int(code) for code in (status if isinstance(status, (list, tuple)) else [status])]
    return probe


def _target(kind: str, target: str, port: Any, name: str) -> str:
    if kind in ("tcp", "tls"):
        return target if ":" in target else f"127.0.0.1:{target}"
    if target.startswith("/"):
        if port is None:
            raise DeclarationError(f"ready of {name}: {kind}: {target} needs a port")
        return f"{kind}://127.0.0.1:{port}{target}"
    if "://" not in target:
        return "{}://{}{}".format(kind, "127.0.0.1" if target.startswith(":") else "", target)
    return target
