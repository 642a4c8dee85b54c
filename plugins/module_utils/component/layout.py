# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a component lies on a host. Controller and host both read the paths from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TLS = "tls"


def certificate_paths(service: str) -> dict[str, str]:
    """Return a certificate's files in the tree: ``pem`` (chain), ``key``, ``bundle`` (both, for Java)."""
    base = f"{TLS}/{service}"
    return {"pem": base + ".pem", "key": base + ".key", "bundle": base + "-bundle.pem"}


@dataclass(frozen=True)
class Layout:
    """The paths of the component ``name`` below ``root`` (another root serves tests)."""

    name: str
    root: Path = Path("/")

    def beside(self, name: str) -> Layout:
        """Return the layout of another component of the host."""
        return Layout(name, self.root)

    @property
    def home(self) -> Path:
        """All that belongs to the component, but for its data."""
        return self.root / "opt/monitoring" / self.name

    @property
    def versions(self) -> Path:
        """Unpacked archives."""
        return self.home / "versions"

    @property
    def generations(self) -> Path:
        """Sealed generations."""
        return self.home / "generations"

    @property
    def current(self) -> Path:
        """The link to the live generation."""
        return self.home / "current"

    @property
    def applied(self) -> Path:
        """The name of the last generation that was confirmed ready."""
        return self.home / "applied"

    @property
    def pending(self) -> Path:
        """Private keys whose certificates are not there yet."""
        return self.home / "pending"

    @property
    def lock(self) -> Path:
        """Held by the one process that changes the component."""
        return self.root / "run" / (f"monitoring-{self.name}.lock")

    @property
    def archive(self) -> Path:
        """The live archive."""
        return self.current / "archive"

    @property
    def tree(self) -> Path:
        """The live configuration, as the component and its operators see it."""
        return self.root / "etc/monitoring" / self.name

    @property
    def data(self) -> Path:
        """What the component itself writes."""
        return self.root / "var/lib/monitoring" / self.name

    @property
    def unit(self) -> Path:
        """The unit, a link into the live generation."""
        return self.root / "etc/systemd/system" / self.unit_name

    @property
    def wanted(self) -> Path:
        """The link that starts the unit at boot."""
        return self.root / "etc/systemd/system/multi-user.target.wants" / self.unit_name

    @property
    def unit_name(self) -> str:
        """The unit's name."""
        return f"{self.name}.service"

    def at(self, path: str) -> Path:
        """Return an absolute path of the host below the root."""
        return self.root / path.lstrip("/")
