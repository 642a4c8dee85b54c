# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one component from its live state to the declared one: all of it, or nothing of it."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import (
    accounts,
    activation,
    archives,
    live,
    placement,
    plan,
    tree,
    validation,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.activation import ServiceManager
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import Declaration
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.generations import Generations
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.live import Live
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.plan import Plan
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import Readiness
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.validation import (
    MissingPlaceError,
    Places,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure, full_disk_named


@dataclass(frozen=True)
class Outcome:
    """What a run did, or in check mode would do."""

    name: str
    difference: Difference
    changed: bool = False
    restarted: bool = False
    reloaded: bool = False
    restart_pending: bool = False
    not_validated: str = ""
    version: str = ""
    generation: str = ""
    seconds: float = 0.0
    answers: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)

    def message(self) -> str:
        """Say it in one line."""
        parts = [self.difference.summary() or "as declared"]
        if self.restart_pending:
            parts.append("a restart is pending, nothing was changed")
        parts += [word for word, done in (("restarted", self.restarted), ("reloaded", self.reloaded)) if done]
        if self.changed and self.seconds >= 0.1:
            parts.append(f"ready after {self.seconds:.1f} s")
        if self.not_validated:
            parts.append(f"not validated: {self.not_validated}")
        return "{}: {}".format(self.name, "; ".join([*parts, *self.notes]))


class Transaction:
    """One component's way from the live state to the declared one."""

    def __init__(self, declaration: Declaration, layout: Layout, services: ServiceManager) -> None:
        self.declaration = declaration
        self.layout = layout
        self.services = services
        self.generations = Generations(layout.generations, layout.current)
        self._planned: tuple[Live, Plan] | None = None

    def plan(self) -> tuple[Live, Plan]:
        """Compare, changing nothing; once, for the caller holds the component's lock."""
        if self._planned is None:
            now = live.observe(self.layout, self.services)
            self._planned = now, plan.make(self.declaration, self.layout, now)
        return self._planned

    def requests(self) -> list[dict[str, str]]:
        """Return the signing requests without which the declared state cannot be reached."""
        if not self.declaration.certificates or not self.declaration.present:
            return []
        now, planned = self.plan()
        if planned.defers(self.declaration, now):
            return []
        from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import (  # noqa: PLC0415 - seldom needed
            certificates,
        )

        with full_disk_named(self.layout.pending):
            return [
                {
                    "component": self.declaration.name,
                    "service": wanted.service,
                    "csr": certificates.request(self.layout.pending, wanted),
                }
                for wanted in planned.unsigned
            ]

    def check(self) -> Outcome:
        """Say what ``apply`` would do."""
        now, planned = self.plan()
        outcome = self._outcome(planned, now)
        if planned.defers(self.declaration, now):
            return self._deferred(outcome, now)
        note = self._validate_aside(planned) if planned.content else ""
        return _with(outcome, not_validated=note, restarted=planned.restart and self.declaration.unit is not None)

    def apply(self) -> Outcome:
        """Reach the declared state, or fail and leave the one before."""
        now, planned = self.plan()
        if planned.defers(self.declaration, now):
            return self._deferred(self._outcome(planned, now), now)
        if planned.unsigned:
            missing = ", ".join(wanted.service for wanted in planned.unsigned)
            raise Failure(f"certificates without a signature: {missing}; nothing was changed")
        if absent := sorted(name for name, identity in planned.uses.items() if not identity):
            raise Failure(
                f"{self.declaration.name} runs programs of {', '.join(absent)}, which this host does not have; "
                "nothing was changed. Apply the role of that name first"
            )
        if not planned.difference.changed:
            return self._confirm_unchanged(now, planned)
        with full_disk_named(self.layout.home):
            if planned.missing_user:
                accounts.create(self.declaration.user)
            data = tuple(self.layout.at(path) for path in self.declaration.data)
            placement.make_directories(data, self.declaration.user)
            generation = self._build(planned) if planned.content else now.generation
        if generation is None:
            raise Failure(f"{self.declaration.name} has no generation to activate")
        how = activation.RESTART if planned.restart else activation.RELOAD if planned.reload else activation.LEAVE
        readiness = self._activate(generation, now, how)
        restarted = how == activation.RESTART and self.declaration.unit is not None
        reloaded = how == activation.RELOAD and self.declaration.unit is not None
        return _with(
            self._outcome(planned, now),
            generation=generation.name,
            restarted=restarted,
            reloaded=reloaded,
            seconds=readiness.seconds,
            answers=readiness.answers,
        )

    @staticmethod
    def _deferred(outcome: Outcome, now: Live) -> Outcome:
        """Leave it as it is; what it answers tells a rolling playbook whose turn is last."""
        return _with(outcome, restart_pending=True, changed=False, answers=activation.answers(now.manifest))

    def _confirm_unchanged(self, now: Live, planned: Plan) -> Outcome:
        try:
            readiness = activation.confirm(self.layout, self.services, now.manifest)
        except Failure as failure:
            excerpt = activation.log_excerpt(self.layout, self.services, now.manifest)
            raise Failure(f"{self.declaration.name} is as declared, yet {failure}{excerpt}") from failure
        return _with(self._outcome(planned, now), seconds=readiness.seconds, answers=readiness.answers)

    def _build(self, planned: Plan) -> Path:
        """Stage, validate, seal and promote."""
        declaration, layout = self.declaration, self.layout
        archive = self._unpack()
        staging = self.generations.stage()
        try:
            self._fill(staging, planned, archive)
            try:
                validation.validate(declaration.validate, Places(staging / "etc", archive, layout.data))
            except MissingPlaceError as error:
                raise Failure(f"the configuration cannot be checked: {error} is not there") from error
            generation = self.generations.seal(staging, plan.digest(declaration, planned.tree, planned.uses))
        except BaseException as error:
            shutil.rmtree(staging, ignore_errors=True)
            if isinstance(error, Failure):
                raise Failure(f"{declaration.name}: {error}\nNothing live was changed.") from error
            raise
        self.generations.promote(generation)
        return generation

    def _unpack(self) -> Path | None:
        if self.declaration.archive is None:
            return None
        there = archives.unpacked(self.layout.versions, self.declaration.archive)
        if there is not None:
            return there
        from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import (  # noqa: PLC0415 - seldom needed
            unpacking,
        )

        return unpacking.unpack(self.layout.versions, self.declaration.archive)

    def _fill(self, staging: Path, planned: Plan, archive: Path | None) -> None:
        declaration = self.declaration
        (staging / "etc").mkdir()
        tree.write(planned.tree, staging / "etc")
        if archive is not None:
            (staging / "archive").symlink_to(f"../../versions/{archive.name}")
        if declaration.unit is not None:
            atomic.write_new(staging / self.layout.unit_name, declaration.unit.text.encode(), 0o644)
        content = json.dumps(plan.manifest(declaration, planned.records, planned.uses), indent=1, sort_keys=True)
        atomic.write_new(staging / live.MANIFEST, content.encode(), 0o600)

    def _activate(self, generation: Path, before: Live, how: str) -> Readiness:
        since = time.time()
        try:
            readiness = activation.activate(self.layout, self.services, generation, before.manifest, how)
        except Failure as failure:
            excerpt = activation.log_excerpt(self.layout, self.services, live.manifest(generation), since)
            restored = self._restore(generation, before, how)
            raise Failure(f"{self.declaration.name}: {failure}{excerpt}\n{restored}") from failure
        atomic.replace_file(self.layout.applied, (f"{generation.name}\n").encode(), 0o644)
        self._prune(generation, before)
        return readiness

    def _restore(self, failed: Path, before: Live, how: str) -> str:
        """Bring back the last confirmed generation; say what came of it."""
        manifest = live.manifest(failed)
        previous = self.layout.generations / before.applied if before.applied else None
        if previous == failed:
            return "Its configuration is the one that was confirmed before; nothing was rolled back."
        if previous is None or not previous.is_dir():
            activation.deactivate(self.layout, self.services, manifest)
            self.generations.withdraw()
            self.generations.prune(set())
            return "Nothing was live before: it is stopped and disabled again, and its configuration is taken away."
        self.generations.promote(previous)
        version = (live.manifest(previous).get("archive") or {}).get("version")
        name = "The previous generation ({})".format(
            ", ".join(filter(None, [previous.name, version and f"version {version}"]))
        )
        # What was only told to reload is asked to reload again; a restart is the second resort.
        # Where only links or the probe changed, the process runs on as it was.
        ways = [how, activation.RESTART] if how == activation.RELOAD and not before.owed else [activation.RESTART]
        if how == activation.LEAVE:
            ways = [activation.LEAVE]
        said = ""
        for way in ways:
            try:
                readiness = activation.activate(self.layout, self.services, previous, manifest, way)
            except Failure as failure:
                said = f"{name} is live again, but it is not ready either: {failure}"
            else:
                self.generations.prune({previous.name})
                return f"{name} is live again, and ready after {readiness.seconds:.1f} s."
        return said

    def _prune(self, generation: Path, before: Live) -> None:
        """Keep the live generation and the one confirmed before it, with their archives."""
        keep = {generation.name, before.applied}
        if before.applied == generation.name:  # only links or state changed: the older one still serves
            return
        self.generations.prune(keep)
        self.generations.sweep()
        kept = [live.manifest(one).get("archive") for one in self.generations.sealed()]
        archives.prune(self.layout.versions, {archive["identity"] for archive in kept if archive})
        if self.layout.pending.is_dir():
            for service in live.manifest(generation).get("certificates", {}):
                with contextlib.suppress(FileNotFoundError):
                    (self.layout.pending / (f"{service}.key")).unlink()

    def _validate_aside(self, planned: Plan) -> str:
        """Validate in a temporary directory, for check mode; return what could not be, and why."""
        declaration = self.declaration
        if not declaration.validate:
            return ""
        if planned.unsigned:
            return "certificates are still to be issued"
        archive = archives.unpacked(self.layout.versions, declaration.archive) if declaration.archive else None
        if declaration.archive and archive is None:
            return f"archive {declaration.archive.version} is not on the host yet, and check mode downloads nothing"
        with tempfile.TemporaryDirectory(prefix="component-") as directory:
            staging = Path(directory) / "etc"
            staging.mkdir()
            tree.write(planned.tree, staging, strict=False)
            try:
                validation.validate(declaration.validate, Places(staging, archive, self.layout.data))
            except MissingPlaceError as error:
                return f"{error} is not on the host yet"
        return ""

    def _outcome(self, planned: Plan, now: Live) -> Outcome:
        return Outcome(
            name=self.declaration.name,
            difference=planned.difference,
            changed=planned.difference.changed,
            version=self.declaration.archive.version if self.declaration.archive else "",
            generation=now.generation.name if now.generation else "",
        )


def _with(outcome: Outcome, **values: Any) -> Outcome:
    fields: Mapping[str, Any] = {**vars(outcome), **values}
    return Outcome(**fields)
