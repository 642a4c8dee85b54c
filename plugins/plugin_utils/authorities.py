# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where signatures come from: the deployment's own authority, an external command, or a directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import signing
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.signing import SigningError, is_address

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["Authority", "Certificates", "is_address"]


class Authority:
    """What signs; ``path`` is the PEM bundle of trusted authorities, which may hold several."""

    def __init__(self, settings: Mapping[str, Any], path: Path) -> None:
        self._settings = settings
        self._path = path

    @cached_property
    def trust(self) -> str:
        """The bundle, as hosts get it."""
        try:
            return self._path.read_text(encoding="utf-8")
        except OSError as error:
            raise AnsibleError(f"certificate authority: {self._path} cannot be read: {error}") from error

    @cached_property
    def roots(self) -> list[x509.Certificate]:
        """The trusted authorities; an expired one is refused."""
        return signing.load_authorities(self.trust, f"certificate authority {self._path}")

    @property
    def issuer(self) -> str:
        """The fingerprint of the signing certificate, "" if only the signer knows it."""
        return ""

    def placed(self, name: str) -> str | None:  # noqa: ARG002 - a directory knows
        """Return the chain that a user has placed for the request ``name``."""
        return None

    def sign(self, name: str, csr: str, names: Sequence[str], common_name: str) -> str:
        """Return the chain (PEM) for a request."""
        raise NotImplementedError


class Deployment(Authority):
    """``ca.pem`` and ``ca.key`` in a directory of the controller, made on first use.

    ``ca.pem`` may hold further authorities that are trusted as well; the one that ``ca.key`` belongs to signs.
    """

    def __init__(self, settings: Mapping[str, Any], directory: Path, create: bool) -> None:
        super().__init__(settings, directory / "ca.pem")
        self._key_path = directory / "ca.key"
        # The certificate is written last: where it is, all is; another process may be between the two.
        self._promised = not self._path.exists()
        if self._promised and create:
            with only_one(directory):
                if not self._path.exists():
                    self._create(directory)
            self._promised = False

    @cached_property
    def trust(self) -> str:
        """The bundle; in check mode perhaps one that is yet to be made."""
        return "(made on first use)\n" if self._promised else super().trust

    @cached_property
    def roots(self) -> list[x509.Certificate]:
        """The trusted authorities."""
        return [] if self._promised else super().roots

    def _create(self, directory: Path) -> None:
        """Make what is missing; a key that is there stays, for it may be all that is left of an authority."""
        if not self._key_path.exists():
            _write_whole(directory, self._key_path, signing.new_key(), 0o600)
        try:
            certificate = signing.new_authority(*name_and_days(self._settings), self._key_path.read_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise AnsibleError(f"certificate authority: {self._key_path} cannot be read: {error}") from error
        _write_whole(directory, self._path, certificate, 0o644)

    @cached_property
    def _issuer(self) -> signing.Issuer:
        roots = self.roots
        try:
            issuer = signing.load_issuer(self._key_path.read_bytes(), roots, int(self._settings.get("days") or 90))
        except (OSError, ValueError, TypeError) as error:
            raise AnsibleError(
                f"certificate authority: {self._key_path} cannot be read: {error}. "
                "If your authority keeps its key elsewhere, use kind 'command' or 'directory'"
            ) from error
        if issuer is None:
            raise SigningError(f"certificate authority: {self._key_path} belongs to no certificate in {self._path}")
        return issuer

    @property
    def issuer(self) -> str:
        """The fingerprint of the certificate that ``ca.key`` belongs to."""
        return "" if self._promised else signing.fingerprint(self._issuer.certificate)

    def sign(self, name: str, csr: str, names: Sequence[str], common_name: str) -> str:  # noqa: ARG002
        """Sign here."""
        return signing.sign(csr, names, common_name, self._issuer)


def name_and_days(settings: Mapping[str, Any]) -> tuple[str, int]:
    """Return the common name of an authority made here, and how many days it lasts."""
    return str(settings.get("common_name") or "monitoring authority"), int(settings.get("authority_days") or 3650)


class Command(Authority):
    """An external signer: the request on its standard input, the chain on its standard output."""

    def sign(self, name: str, csr: str, names: Sequence[str], common_name: str) -> str:  # noqa: ARG002
        """Ask the command; it sees the request's name and names in its environment."""
        signing.checked_request(csr, names)
        command = [str(one) for one in self._settings["command"]]
        environment = {**os.environ, "CERTIFICATE_NAME": name, "CERTIFICATE_SANS": ",".join(names)}
        try:
            done = subprocess.run(
                command, input=csr.encode(), capture_output=True, check=False, timeout=120, env=environment
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AnsibleError(
                "certificate authority: '{}' cannot be run: {}".format(" ".join(command), error)
            ) from error
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip()
            raise AnsibleError("certificate authority: '{}' refused {}: {}".format(" ".join(command), name, words))
        return done.stdout.decode(errors="replace")


class Directory(Authority):
    """Requests are laid into a directory as NAME.csr; the user lays NAME.pem beside them."""

    def __init__(self, settings: Mapping[str, Any], directory: Path, bundle: Path) -> None:
        super().__init__(settings, bundle)
        self._directory = directory

    def placed(self, name: str) -> str | None:
        """Return the chain that lies there."""
        try:
            return (self._directory / (f"{name}.pem")).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def sign(self, name: str, csr: str, names: Sequence[str], common_name: str) -> str:  # noqa: ARG002
        """Lay the request there; its certificate comes with a later run."""
        signing.checked_request(csr, names)
        with only_one(self._directory):
            (self._directory / (f"{name}.csr")).write_text(csr, encoding="utf-8")
        raise NotPlacedError(str(self._directory / (f"{name}.csr")))


class NotPlacedError(AnsibleError):  # type: ignore[misc]
    """The user has yet to place a certificate; the message is the request's path."""


def authority(settings: Any, resolve: Callable[[str], str], what: str, create: bool = True) -> Authority:
    """Return the authority that ``settings`` describe.

    ``resolve`` makes paths of the controller absolute; ``create``: a deployment's own one is made if it is
    not there (not in check mode).
    """
    if not isinstance(settings, Mapping) or settings.get("kind") not in ("deployment", "command", "directory"):
        raise AnsibleError(
            f"{what} needs an authority: set certificate_authority to {{kind: deployment, directory: PATH}}, "
            "{kind: command, command: [..], ca: PATH} or {kind: directory, directory: PATH}"
        )
    kind = settings["kind"]
    needed = {"deployment": ("directory",), "command": ("command", "ca"), "directory": ("directory",)}[kind]
    if missing := [key for key in needed if not settings.get(key)]:
        raise AnsibleError("certificate authority of kind {} needs: {}".format(kind, ", ".join(missing)))
    if kind == "command":
        return Command(settings, Path(resolve(str(settings["ca"]))))
    directory = Path(resolve(str(settings["directory"])))
    if kind == "deployment":
        return Deployment(settings, directory, create)
    bundle = Path(resolve(str(settings["ca"]))) if settings.get("ca") else directory / "ca.pem"
    return Directory(settings, directory, bundle)


class Certificates:
    """The certificates of a task's components, from declaration to signature."""

    def __init__(
        self,
        declared: Sequence[Mapping[str, Any]],
        default_authority: Any,
        default_names: Sequence[str],
        host: str,
        *,
        resolve: Callable[[str], str] = os.path.abspath,
        create: bool = True,
        renew: Sequence[str] = (),
    ) -> None:
        self._create = create
        self._renew = frozenset(renew)
        self._declared = {one["name"]: one["certificates"] for one in declared if one["state"] == "present"}
        self._default = default_authority
        self._names = default_names
        self._host = host
        self._resolve = resolve
        self._authorities: dict[str, Authority] = {}
        self._issued: dict[tuple[str, str], dict[str, Any]] = {}

    def fill(self, payload: list[dict[str, Any]]) -> None:
        """Put the declared certificates, and what has been signed of them, into what hosts are sent."""
        for component in payload:
            name = component["name"]
            component["certificates"] = [self._entry(name, one) for one in self._declared.get(name, [])]
            for probe in component["probes"]:
                if probe["kind"] in ("https", "tls") and component["certificates"] and not probe.get("server_name"):
                    probe["server_name"] = component["certificates"][0]["names"][0]

    def sign(self, requests: Sequence[Mapping[str, str]]) -> None:
        """Have every request signed and verify what came back; certificates to be placed are named together."""
        missing = []
        for request in requests:
            component, service = request["component"], request["service"]
            declared = next((one for one in self._declared.get(component, []) if one["service"] == service), None)
            if declared is None:
                raise SigningError(f"the host asks for a certificate {service} of {component} that is not declared")
            entry = self._entry(component, declared)
            source, name = self._authority(declared), self._request_name(component, service)
            try:
                chain = source.sign(name, request["csr"], entry["names"], entry["common_name"])
            except NotPlacedError as error:
                missing.append(error.message)
                continue
            self._keep(component, service, chain, entry["names"], source)
        if missing:
            raise AnsibleError(
                "certificates are still to be placed; nothing was changed. Have these requests signed, put each chain "
                "beside its request as .pem, and run again: {}".format(", ".join(missing))
            )

    def _entry(self, component: str, declared: Mapping[str, Any]) -> dict[str, Any]:
        service = declared["service"]
        names = [str(one) for one in declared.get("sans") or self._names]
        if not names:
            raise AnsibleError(f"certificate {service} of {component} has no names; give sans")
        host_names = [one for one in names if not is_address(one)]
        short = host_names[0] if host_names and len(host_names[0]) <= 64 else service
        source = self._authority(declared)
        if (component, service) not in self._issued:
            chain = source.placed(self._request_name(component, service))
            if chain is not None:
                self._keep(component, service, chain, names, source)
        return {
            "service": service,
            "names": names,
            "common_name": declared.get("common_name") or short,
            "trust": source.trust,
            "anchors": [signing.fingerprint(root) for root in source.roots],
            "issuer": source.issuer,
            "reload": declared["reload"],
            "renew": service in self._renew,
            "issued": self._issued.get((component, service)),
        }

    def _keep(self, component: str, service: str, chain: str, names: Sequence[str], source: Authority) -> None:
        what = f"certificate {service} of {component} on {self._host}"
        self._issued[component, service] = signing.verify(chain, names, source.roots, what)

    def _authority(self, declared: Mapping[str, Any]) -> Authority:
        settings = declared.get("authority") or self._default
        key = repr(settings)
        if key not in self._authorities:
            self._authorities[key] = authority(
                settings, self._resolve, "certificate {}".format(declared["service"]), self._create
            )
        return self._authorities[key]

    def _request_name(self, component: str, service: str) -> str:
        return f"{self._host}-{component}-{service}"


def _write_whole(directory: Path, path: Path, content: bytes, mode: int) -> None:
    """Write a file so that it is never seen in part."""
    staging = directory / f".{path.name}.new"
    with contextlib.suppress(FileNotFoundError):
        staging.unlink()
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        os.fsync(stream.fileno())
    staging.rename(path)


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Hold the directory for one process: forks for many hosts run at once."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise AnsibleError(f"certificate authority: {directory} cannot be used: {error}") from error
    with os.fdopen(descriptor) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
