# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as declared and as they are, and what has to change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import MECHANISMS, SHA_512

# Kafka: ScramMechanism.minIterations, and the bound of AlterUserScramCredentials.
FEWEST_ITERATIONS, MOST_ITERATIONS = 4096, 16384


@dataclass(frozen=True)
class User:
    """A declared user. ``passwords`` by mechanism, none for one that must go; ``quotas`` None: left alone."""

    name: str
    passwords: Mapping[str, str] = field(repr=False, default_factory=dict)
    quotas: Mapping[str, float] | None = None


@dataclass(frozen=True)
class LiveUsers:
    """``iterations`` by user and mechanism, ``quotas`` by user, and the slots whose declared password logs in."""

    iterations: Mapping[str, Mapping[str, int]]
    quotas: Mapping[str, Mapping[str, float]]
    holding: Collection[tuple[str, str]]


@dataclass(frozen=True)
class UserPlan:
    """``passwords`` to set and ``slots`` to delete, (user, mechanism) each; ``quotas`` by user, None removes."""

    passwords: Mapping[tuple[str, str], str] = field(repr=False)
    slots: tuple[tuple[str, str], ...]
    quotas: Mapping[str, Mapping[str, float | None]]
    difference: Difference


def declared(items: Iterable[Mapping[str, Any]], iterations: int) -> list[User]:
    """Users as a playbook gives them. Raises Failure naming every one that cannot be made so."""
    users: list[User] = []
    wrong: list[str] = []
    if not FEWEST_ITERATIONS <= iterations <= MOST_ITERATIONS:
        wrong.append(f"iterations must be {FEWEST_ITERATIONS} to {MOST_ITERATIONS}, which Kafka accepts: {iterations}")
    for item in items:
        name = item["name"]
        passwords = dict(item.get("passwords") or {})
        if item.get("password") is not None:
            passwords.setdefault(SHA_512, item["password"])
        if unknown := sorted(set(passwords) - set(MECHANISMS)):
            wrong.append(f"user {name}: {', '.join(unknown)} is no mechanism, choose of {' and '.join(MECHANISMS)}")
        if item["state"] == "absent":
            passwords = {}
        elif not passwords or not all(isinstance(value, str) and value for value in passwords.values()):
            wrong.append(f"user {name} has no password")
        if not name:
            wrong.append("a user has no name")
        if any(user.name == name for user in users):
            wrong.append(f"user {name} is declared twice")
        quotas = item.get("quotas")
        if quotas is not None:
            quotas = {key: float(value) for key, value in quotas.items() if value is not None}
            wrong += [f"user {name}: quota {key} must be above 0" for key, value in quotas.items() if value <= 0]
        users.append(User(name, passwords, {} if item["state"] == "absent" else quotas))
    if wrong:
        raise Failure("; ".join(wrong))
    return users


def undeclared(users: Sequence[User], live: Iterable[str], keep: Collection[str]) -> list[User]:
    """Users that are there, and neither declared nor to be kept, as users that must go."""
    names = {user.name for user in users}
    return [User(name, {}, {}) for name in sorted(set(live) - names - set(keep))]


def plan(users: Sequence[User], live: LiveUsers, iterations: int) -> UserPlan:
    """What makes the users so."""
    passwords: dict[tuple[str, str], str] = {}
    slots: list[tuple[str, str]] = []
    quotas: dict[str, Mapping[str, float | None]] = {}
    changes: list[Change] = []
    for user in users:
        present = live.iterations.get(user.name, {})
        stale = {
            mechanism
            for mechanism in user.passwords
            if present.get(mechanism) != iterations or (user.name, mechanism) not in live.holding
        }
        gone = sorted(set(present) - set(user.passwords))
        old_quotas = live.quotas.get(user.name, {})
        new_quotas = old_quotas if user.quotas is None else user.quotas
        differing = {
            key: new_quotas.get(key)
            for key in sorted({*old_quotas, *new_quotas})
            if old_quotas.get(key) != new_quotas.get(key)
        }
        passwords.update({(user.name, mechanism): user.passwords[mechanism] for mechanism in stale})
        slots += [(user.name, mechanism) for mechanism in gone]
        if differing:
            quotas[user.name] = differing
        if stale or gone or differing:
            before = _text(present, old_quotas)
            after = _text(dict.fromkeys(user.passwords, iterations), new_quotas, _replaced(user, live, present))
            changes.append(Change(f"user {user.name}", before or None, after or None))
    return UserPlan(passwords, tuple(slots), quotas, Difference("kafka", tuple(changes)))


def _replaced(user: User, live: LiveUsers, present: Collection[str]) -> set[str]:
    return {name for name in user.passwords if name in present and (user.name, name) not in live.holding}


def _text(slots: Mapping[str, int], quotas: Mapping[str, float], replaced: Collection[str] = ()) -> str:
    lines = [
        f"{mechanism}: {'another' if mechanism in replaced else 'a'} password, {count} iterations"
        for mechanism, count in sorted(slots.items())
    ]
    lines += [f"{key}: {value:.15g}" for key, value in sorted(quotas.items())]
    return "".join(f"{line}\n" for line in lines)
