# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror on an HTTP server that accepts PUT (WebDAV: nginx's dav_methods, Apache's mod_dav, and so on)."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible.module_utils.urls import open_url
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Local

CONNECTIONS = 8
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class HttpAccess:
    """How the server is reached."""

    username: str | None = None
    password: str | None = None
    ca_path: str | None = None
    timeout: int = 60
    """Seconds without an answer."""


class HttpDestination(Destination):
    """A URL below which files can be PUT.

    HTTP has no checksums, so the sha256 of what was published is kept in manifest.json at the mirror's root; a file
    counts as there if the manifest has it and the server still gives a file of that size.
    """

    def __init__(self, url: str, access: HttpAccess) -> None:
        self._url = url.rstrip("/")
        self._access = access

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        try:
            content: bytes = self._request("GET", path).read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise self._failure("GET", path, error) from error
        except OSError as error:
            raise self._failure("GET", path, error) from error
        return content

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 of those files that the manifest has and the server still gives in their size."""
        manifest = self._manifest()
        known = [path for path in paths if path in manifest]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            sizes = dict(pool.map(lambda path: (path, self._size(path)), known))
        return {path: manifest[path]["sha256"] for path in known if sizes[path] == manifest[path]["size"]}

    def put(self, files: Sequence[Local]) -> None:
        """PUT in order, then the manifest; what was sent is in it even if a later file fails."""
        manifest = self._manifest()
        sent = 0
        try:
            for local in files:
                self._put(local.path, local.file.read_bytes())
                manifest[local.path] = {"sha256": local.sha256, "size": local.file.stat().st_size}
                sent += 1
        finally:
            if sent:
                self._put(MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode("utf-8"))

    def _manifest(self) -> dict[str, dict[str, Any]]:
        try:
            manifest: dict[str, dict[str, Any]] = json.loads(self.read(MANIFEST) or b"{}")
        except ValueError as error:
            raise Failure(
                f"{self._url}/{MANIFEST} is not JSON ({error}); remove it, and all is published again"
            ) from error
        return manifest

    def _size(self, path: str) -> int | None:
        try:
            return int(self._request("HEAD", path).headers["Content-Length"])
        except (OSError, TypeError, ValueError):
            return None

    def _put(self, path: str, content: bytes) -> None:
        try:
            self._request("PUT", path, content)
        except OSError as error:
            raise self._failure("PUT", path, error) from error
        if self._size(path) != len(content):
            raise Failure(f"{self._url}/{path}: the server accepted it, but does not give it back in its size")

    def _request(self, method: str, path: str, content: bytes | None = None) -> Any:
        return open_url(
            f"{self._url}/{quote(path)}",
            method=method,
            data=content,
            headers={"Content-Type": "application/octet-stream"} if content is not None else {},
            timeout=self._access.timeout,
            url_username=self._access.username,
            url_password=self._access.password,
            force_basic_auth=self._access.username is not None,
            ca_path=self._access.ca_path,
            http_agent="selfhosted.monitoring",
        )

    def _failure(self, method: str, path: str, error: OSError) -> Failure:
        hint = ""
        if getattr(error, "code", 0) in (401, 403):
            hint = "; check the user name and password, and that this user may write there"
        elif getattr(error, "code", 0) in (404, 405, 409, 501) and method == "PUT":
            hint = (
                "; the server has to accept PUT below this URL and make folders (nginx: dav_methods PUT; "
                "create_full_put_path on). Otherwise publish to its document root by ssh://"
            )
        elif getattr(error, "code", 0) >= 500:
            hint = "; the server's own log says why (often its user may not write there)"
        return Failure(f"{method} {self._url}/{path}: {error}{hint}")
