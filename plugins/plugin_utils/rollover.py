# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a deployment's authority by another one while both are trusted. Controller only.

Two files beside ca.pem and ca.key say where a rollover stands, so that every step can be taken again after a crash:

- neither is there: none is under way, or it is being begun;
- next.key: its certificate is in ca.pem (introduced), or not yet; ca.key signs;
- retiring.pem alone: what was next.key is ca.key (switched); what retiring.pem holds is still trusted.

What else ca.pem holds is the user's, and stays.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import NOTHING, Change, Difference
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import authorities, signing
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.signing import SigningError

if TYPE_CHECKING:
    from cryptography import x509

STEPS = ("introduce", "switch", "retire")


@dataclass(frozen=True)
class Standing:
    """Where a rollover stands."""

    trusted: tuple[x509.Certificate, ...]
    signing: x509.Certificate
    retiring: tuple[x509.Certificate, ...] = ()
    next_key: bytes | None = field(default=None, repr=False)
    introduced: x509.Certificate | None = None

    def text(self) -> str:
        """Name the trusted certificates, one a line, with what each is there for."""
        return "".join(f"{signing.title(one)}: {self._part(one)}\n" for one in self.trusted)

    def _part(self, certificate: x509.Certificate) -> str:
        if certificate == self.signing:
            return "signs"
        if certificate == self.introduced:
            return "signs next"
        return "retires" if certificate in self.retiring else "trusted"


@dataclass(frozen=True)
class Outcome:
    """What a step found, and what it made of it; in check mode what it would."""

    before: Standing
    after: Standing

    def difference(self, name: str) -> Difference:
        """Return what differs, by names of certificates."""
        if self.before == self.after:
            return Difference(name)
        change = Change("authorities", self.before.text(), self.after.text(), needs=NOTHING)
        return Difference(name, (change,))


def roll(settings: Mapping[str, Any], step: str, resolve: Callable[[str], str], check: bool) -> Outcome:
    """Take one of STEPS with the authority that ``settings`` describe; nothing is written if ``check``.

    Raises SigningError where the step must not be taken, and OSError; taken again, it goes on from there.
    """
    directory = _directory(settings, resolve)
    alone = contextlib.nullcontext() if check or not directory.is_dir() else authorities.only_one(directory)
    with alone:
        before = read(directory)
        if step == "introduce":
            after = introduced(before, *authorities.name_and_days(settings))
        else:
            after = switched(before) if step == "switch" else retired(before)
        if not check:
            _write(directory, before, after)
    return Outcome(before, after)


def introduced(standing: Standing, common_name: str, days: int) -> Standing:
    """Return the standing with a next authority that is trusted beside the one that signs."""
    if standing.next_key is None and standing.retiring:
        return standing  # it has been introduced, and signs
    for one in standing.trusted:
        signing.require_authority(one, f"certificate authority {signing.title(one)}")
    key = standing.next_key or signing.new_key()
    certificate = standing.introduced
    trusted = standing.trusted
    if certificate is None:
        name = _next_name(common_name, trusted)
        try:
            pem = signing.new_authority(name, days, key)
        except ValueError as error:
            raise SigningError(f"certificate authority: none can be made by the name {name!r}: {error}") from error
        certificate = signing.load_certificates(pem.decode(), name)[0]
        trusted = (*trusted, certificate)
    return replace(standing, trusted=trusted, retiring=(standing.signing,), next_key=key, introduced=certificate)


def switched(standing: Standing) -> Standing:
    """Return the standing in which the introduced authority signs; the key of the one before is gone."""
    if standing.next_key is None:
        return standing
    if standing.introduced is None:
        raise SigningError("certificate authority: no host can trust next.key yet; take step introduce again first")
    signing.require_authority(standing.introduced, f"certificate authority {signing.title(standing.introduced)}")
    return replace(standing, signing=standing.introduced, retiring=(standing.signing,), next_key=None, introduced=None)


def retired(standing: Standing) -> Standing:
    """Return the standing without the certificates that no longer sign."""
    if standing.next_key is not None:
        raise SigningError(
            "certificate authority: next.key does not sign yet; take step switch first, then run site.yml"
        )
    trusted = tuple(one for one in standing.trusted if one not in standing.retiring)
    return replace(standing, trusted=trusted, retiring=())


def read(directory: Path) -> Standing:
    """Return where the rollover of a directory stands, or refuse one that cannot be gone on with."""
    bundle, record = directory / "ca.pem", directory / "retiring.pem"
    if not bundle.exists():
        raise SigningError(f"certificate authority: {bundle} is not there; it is made where site.yml first needs it")
    for path in (bundle, directory / "ca.key"):
        if path.is_symlink():
            raise SigningError(f"certificate authority: {path} is a link, which a rollover would replace by a file")
    trusted = signing.load_certificates(bundle.read_text(encoding="utf-8"), str(bundle))
    retiring = signing.load_certificates(record.read_text(encoding="utf-8"), str(record)) if record.exists() else []
    signs = _belonging(directory / "ca.key", trusted)
    if signs is None:
        raise SigningError(f"certificate authority: {directory}/ca.key belongs to no certificate in {bundle}")
    key = directory / "next.key"
    if not key.exists():
        if signs in retiring:
            raise SigningError(
                f"certificate authority: {key} is gone, and {signing.title(signs)} was to give way to it. Put it back; "
                f"or take its certificate out of {bundle}, remove {record}, and begin again"
            )
        return Standing(tuple(trusted), signs, tuple(retiring))
    following = _belonging(key, trusted)
    if following == signs:
        raise SigningError(f"certificate authority: {key} is the same as ca.key, nothing would change; remove it")
    return Standing(tuple(trusted), signs, tuple(retiring), key.read_bytes(), following)


def _write(directory: Path, before: Standing, after: Standing) -> None:
    """Write what differs; the order is such that the files make sense after each single write."""
    key, record = directory / "next.key", directory / "retiring.pem"
    if before.next_key is None and after.next_key is not None:
        atomic.replace_file(key, after.next_key, 0o600)  # before its certificate, or that could never sign
    if after.retiring and after.retiring != before.retiring:
        atomic.replace_file(record, signing.bundle(after.retiring), 0o644)
    if after.trusted != before.trusted:
        atomic.replace_file(directory / "ca.pem", signing.bundle(after.trusted), 0o644)
    if before.next_key is not None and after.next_key is None:
        atomic.step("rename to ca.key")
        key.replace(directory / "ca.key")
        atomic.sync_directory(directory)
    if before.retiring and not after.retiring:
        atomic.step("remove retiring.pem")
        record.unlink()
        atomic.sync_directory(directory)


def _directory(settings: Mapping[str, Any], resolve: Callable[[str], str]) -> Path:
    source = authorities.authority(settings, resolve, "a rollover", create=False)
    if not isinstance(source, authorities.Deployment):
        raise SigningError(
            "certificate authority: only one of kind deployment has its key here. With kind {}, put the next one's "
            "certificate beside the present one in the bundle and run site.yml; have the next one sign and run "
            "rotate_certificates.yml; take the former certificate out and run site.yml".format(settings["kind"])
        )
    return Path(resolve(str(settings["directory"])))


def _belonging(key: Path, trusted: Sequence[x509.Certificate]) -> x509.Certificate | None:
    try:
        issuer = signing.load_issuer(key.read_bytes(), trusted, 0)
    except (OSError, ValueError, TypeError) as error:
        raise SigningError(f"certificate authority: {key} cannot be read: {error}") from error
    return issuer.certificate if issuer else None


def _next_name(common_name: str, trusted: Sequence[x509.Certificate]) -> str:
    """Return a common name that no trusted certificate has: "monitoring authority 2" after "monitoring authority".

    The PEM trust store of ZooKeeper (3.9.5 too) keeps one certificate a subject, the last one: ZOOKEEPER-4992.
    """
    pattern = re.compile(rf"{re.escape(common_name)}(?: (\d+))?", re.IGNORECASE)
    matches = [pattern.fullmatch(signing.common_name(one)) for one in trusted]
    numbers = [int(match[1] or 1) for match in matches if match]
    return f"{common_name} {max(numbers) + 1}" if numbers else common_name
