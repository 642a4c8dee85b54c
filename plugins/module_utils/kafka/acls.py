# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs as declared and as they are, and what has to change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

# Kafka 3.9: kafka.security.authorizer.AclEntry.supportedOperations. Brokers take others, too, and they mean nothing.
OPERATIONS: Mapping[str, frozenset[str]] = {
    "topic": frozenset(
        {"ALL", "READ", "WRITE", "CREATE", "DESCRIBE", "DELETE", "ALTER", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"}
    ),
    "group": frozenset({"ALL", "READ", "DESCRIBE", "DELETE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"}),
    "cluster": frozenset(
        {
            "ALL",
            "CREATE",
            "CLUSTER_ACTION",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
            "IDEMPOTENT_WRITE",
            "ALTER",
            "DESCRIBE",
        }
    ),
    "transactional_id": frozenset({"ALL", "DESCRIBE", "WRITE"}),
}
CLUSTER = "kafka-cluster"  # the one resource of type cluster
ANYBODY = "User:*"
_KEYS = {"resource_type", "name", "pattern", "operations", "permission", "host"}


@dataclass(frozen=True, order=True)
class Acl:
    """One right of one principal."""

    principal: str
    resource_type: str
    name: str
    pattern: str
    operation: str
    permission: str
    host: str

    def line(self) -> str:
        """As diffs show it, below the principal."""
        prefixed = " (prefix)" if self.pattern == "prefixed" else ""
        return f"{self.permission} {self.operation} on {self.resource_type} {self.name}{prefixed} from {self.host}"


@dataclass(frozen=True)
class AclPlan:
    """ACLs to create and, after that, to delete."""

    create: tuple[Acl, ...]
    delete: tuple[Acl, ...]
    difference: Difference


def principal_of(name: str) -> str:
    """A user's principal; one that is given as type and name stays."""
    return name if ":" in name else f"User:{name}"


def declared(acls: Mapping[str, Any]) -> dict[str, set[Acl]]:
    """ACLs by principal as a playbook gives them. Raises Failure naming everything in them that means nothing."""
    result: dict[str, set[Acl]] = {}
    wrong: list[str] = []
    for name, entries in acls.items():
        principal = principal_of(name)
        if principal in result:
            wrong.append(f"{principal} is declared twice")
        result.setdefault(principal, set())
        for index, entry in enumerate(entries or []):
            where = f"{principal}, ACL {index + 1}"
            if problems := _problems(entry):
                wrong += [f"{where}: {problem}" for problem in problems]
            else:
                result[principal] |= _acls(principal, entry)
    if wrong:
        raise Failure("; ".join(wrong))
    return result


def unknown(principals: Iterable[str], users: Collection[str]) -> list[str]:
    """Refusals for principals whose user is not there."""
    return [
        f"{principal} has no user in the cluster: make it with kafka_user first, or say require_user: false"
        for principal in principals
        if principal != ANYBODY and principal.startswith("User:") and principal[len("User:") :] not in users
    ]


def plan(wanted: Mapping[str, set[Acl]], live: Collection[Acl], purge: bool) -> AclPlan:
    """What makes each declared principal's ACLs exactly the declared ones, and with purge leaves no others."""
    present: dict[str, set[Acl]] = {}
    for acl in live:
        present.setdefault(acl.principal, set()).add(acl)
    principals = sorted({*wanted, *(present if purge else ())})
    create: list[Acl] = []
    delete: list[Acl] = []
    changes: list[Change] = []
    for principal in principals:
        before, after = present.get(principal, set()), wanted.get(principal, set())
        create += sorted(after - before)
        delete += sorted(before - after)
        if before != after:
            changes.append(Change(f"ACLs of {principal}", _lines(before), _lines(after)))
    return AclPlan(tuple(create), tuple(delete), Difference("kafka", tuple(changes)))


def _problems(entry: Any) -> list[str]:
    if not isinstance(entry, Mapping):
        return ["is not a mapping with resource_type, name and operations"]
    problems = [
        f"{key} is no key of an ACL, choose of {', '.join(sorted(_KEYS))}" for key in sorted(set(entry) - _KEYS)
    ]
    kind = str(entry.get("resource_type"))
    if kind not in OPERATIONS:
        return [*problems, f"resource_type is {kind}, choose of {', '.join(OPERATIONS)}"]
    if kind == "cluster" and entry.get("name", CLUSTER) != CLUSTER:
        problems.append(f"the one resource of type cluster is named {CLUSTER}, not {entry['name']}")
    if kind != "cluster" and not entry.get("name"):
        problems.append(f"has no name of a {kind}")
    for key, values in (("pattern", ("literal", "prefixed")), ("permission", ("allow", "deny"))):
        if entry.get(key, values[0]) not in values:
            problems.append(f"{key} is {entry[key]}, choose of {' and '.join(values)}")
    operations = entry.get("operations")
    if not isinstance(operations, list) or not operations:
        return [*problems, "has no list of operations"]
    meaningless = sorted({str(name).upper() for name in operations} - OPERATIONS[kind])
    if meaningless:
        known = ", ".join(sorted(OPERATIONS[kind]))
        problems.append(f"{', '.join(meaningless)} means nothing on a {kind}, choose of {known}")
    return problems


def _acls(principal: str, entry: Mapping[str, Any]) -> set[Acl]:
    return {
        Acl(
            principal,
            entry["resource_type"],
            str(entry.get("name", CLUSTER)),
            entry.get("pattern", "literal"),
            operation.upper(),
            entry.get("permission", "allow"),
            str(entry.get("host", "*")),
        )
        for operation in entry["operations"]
    }


def _lines(acls: Iterable[Acl]) -> str | None:
    return "".join(f"{acl.line()}\n" for acl in sorted(acls)) or None
