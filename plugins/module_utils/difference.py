# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the live state and the declared one; changed, diff and message follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

RESTART = "restart"
RELOAD = "reload"
NOTHING = "nothing"


@dataclass(frozen=True)
class Change:
    """One differing thing.

    ``before`` and ``after`` are its text (None: it is not there). ``hidden`` says why they must not be
    shown ("secret", "binary"), or is empty. ``needs`` is what makes the change live.
    """

    subject: str
    before: str | None
    after: str | None
    hidden: str = ""
    needs: str = RESTART

    @property
    def verb(self) -> str:
        """Say what happens to the thing."""
        if self.before is None:
            return "new"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True)
class Difference:
    """All that differs of one thing called ``name``."""

    name: str
    changes: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return bool(self.changes)

    def needs(self, what: str) -> bool:
        """Whether any change needs ``what`` (RESTART or RELOAD)."""
        return any(change.needs == what for change in self.changes)

    def as_diff(self) -> list[dict[str, Any]]:
        """Return it in the form that Ansible's callbacks print under ``--diff``."""
        shown: list[dict[str, Any]] = []
        for change in self.changes:
            header = f"{self.name}: {change.subject}"
            if change.hidden:
                state = "content differs" if change.verb == "changed" else change.verb
                shown.append({"prepared": f"{header} ({change.hidden}, not shown): {state}\n"})
            else:
                shown.append(
                    {
                        "before_header": header if change.before is not None else f"{header} (absent)",
                        "after_header": header if change.after is not None else f"{header} (removed)",
                        "before": change.before or "",
                        "after": change.after or "",
                    }
                )
        return shown

    def summary(self) -> str:
        """Name what differs in one line."""
        return ", ".join(f"{change.subject} {change.verb}" for change in self.changes)
