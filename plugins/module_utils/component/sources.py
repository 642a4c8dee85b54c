# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an archive comes from: file name, checksum and URLs for each architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_DIGITS = {"sha256": (64,), "sha512": (128,), "artifact_checksums": (64, 128)}


def variants(
    given: Mapping[str, Any], name: str, mirrors: Sequence[str] = (), checksums: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the archive as every architecture sees it.

    ``given`` holds version, sha256 or sha512 (one for all, or a mapping by architecture), file, upstream, mirrors
    and strip. ``mirrors`` and ``checksums`` (file name to checksum, for mirrors that built their own archives) are
    the deployment's. Without any mirror the upstream URL is used.
    """
    name, version = given.get("name") or name, given["version"]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+_~-]*", version):
        raise Failure(f"the version of {name} is {version!r}; it names a directory")
    bases = given["mirrors"] if given.get("mirrors") is not None else mirrors
    found = {}
    for arch in sorted(set(ARCHITECTURES.values())) if "{arch}" in given["file"] else ["any"]:
        fields = {"{name}": name, "{version}": version, "{arch}": arch}
        file = replace(given["file"], fields)
        checksum = _checksum(given, checksums or {}, file, arch)
        if checksum:
            urls = [f"{base.rstrip('/')}/{name}/{version}/{file}" for base in bases]
            if not bases and given.get("upstream"):
                urls = [replace(given["upstream"], {**fields, "{file}": file})]
            found[arch] = {"file": file, "checksum": checksum, "urls": _checked_urls(urls, file)}
    if not found:
        raise Failure(
            f"archive of {name}: no sha256 or sha512; nothing is installed unchecked. "
            f"Set one for it, or artifact_checksums for {given['file']}"
        )
    return {"name": name, "version": version, "strip": given["strip"], "variants": found}


def archive(value: Mapping[str, Any], machine: str) -> Archive:
    """Return the archive for a host whose ``uname -m`` says ``machine``."""
    known = value["variants"]
    chosen = known.get(ARCHITECTURES.get(machine, machine)) or known.get("any")
    if chosen is None:
        raise Failure(
            f"no archive of {value['name']} is declared for this host's architecture {machine}; "
            f"there is a checksum for: {', '.join(sorted(known))}"
        )
    return Archive(value["version"], chosen["file"], chosen["checksum"], tuple(chosen["urls"]), value["strip"])


def replace(text: str, fields: Mapping[str, str]) -> str:
    """Return ``text`` with the placeholders in ``fields`` replaced."""
    for placeholder, value in fields.items():
        text = text.replace(placeholder, value)
    return text


def _checksum(given: Mapping[str, Any], checksums: Mapping[str, str], file: str, arch: str) -> str | None:
    """Return the checksum that goes first, in lower case; None if there is none."""
    declared = {"artifact_checksums": checksums.get(file), "sha256": given.get("sha256"), "sha512": given.get("sha512")}
    for key, value in declared.items():
        checksum = value.get(arch) or value.get("any") if isinstance(value, Mapping) else value
        if checksum:
            if not re.fullmatch(r"[0-9a-fA-F]*", str(checksum)) or len(str(checksum)) not in _DIGITS[key]:
                digits = " or ".join(str(number) for number in _DIGITS[key])
                raise Failure(f"{key} of {file} is {checksum!r}; it must be {digits} hexadecimal digits")
            return str(checksum).lower()
    return None


def _checked_urls(urls: list[str], file: str) -> list[str]:
    for url in urls:
        if not url.startswith(("http://", "https://", "file://")):
            raise Failure(f"{file}: {url!r} is no URL of a mirror; only http, https and file URLs are fetched")
    return urls
