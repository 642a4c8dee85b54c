# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A flat, signed Debian repository: its indices, and the key that signs them."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.apt import Package


@dataclass(frozen=True)
class SigningKey:
    """The operator's OpenPGP key, in a keyring of this machine."""

    name: str
    """Fingerprint, key id or mail address."""
    home: str | None = None
    """GnuPG's home directory; None is GnuPG's own choice."""
    passphrase: str | None = None

    def public(self) -> bytes:
        """Return the public key, armoured. Raises Failure when the keyring has no such secret key."""
        self._gpg(["--list-secret-keys", self.name], b"")
        return self._gpg(["--armor", "--export", self.name], b"")

    def sign(self, text: str) -> bytes:
        """Return a text with its signature around it."""
        options = ["--local-user", self.name, "--digest-algo", "SHA512", "--clearsign"]
        return self._gpg(options, text.encode("utf-8"))

    def text_signed_by_it(self, signed: bytes) -> str | None:
        """Return the text that this key has signed, None where the signature is not its own or not good."""
        try:
            decrypted = self._run(["--status-fd", "2", "--decrypt"], signed)
            signer = re.search(r"^\[GNUPG:\] VALIDSIG (\S+)", decrypted.stderr.decode("utf-8", "replace"), re.MULTILINE)
            text = decrypted.stdout.decode("utf-8")
        except (Failure, UnicodeDecodeError):
            return None
        return text if signer and signer.group(1) in self._fingerprints() else None

    def _fingerprints(self) -> frozenset[str]:
        listing = self._gpg(["--with-colons", "--fingerprint", "--fingerprint", "--list-keys", self.name], b"")
        return frozenset(re.findall(r"^fpr:+([0-9A-F]+):", listing.decode("utf-8"), re.MULTILINE))

    def _gpg(self, arguments: Sequence[str], data: bytes) -> bytes:
        return self._run(arguments, data).stdout

    def _run(self, arguments: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
        command = ["gpg", "--batch", "--yes", "--quiet", "--no-tty"]
        if self.home:
            command += ["--homedir", self.home]
        if self.passphrase is not None:
            # By a pipe, so that it stands in no process list; gpg reads one line of it before the data.
            command += ["--pinentry-mode", "loopback", "--passphrase-fd", "0"]
            data = self.passphrase.encode("utf-8") + b"\n" + data
        try:
            result = subprocess.run([*command, *arguments], input=data, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise Failure("gpg is missing; on Debian: apt-get install gnupg") from error
        if result.returncode != 0:
            reason = result.stderr.decode("utf-8", "replace").strip()
            raise Failure(
                f"gpg with key {self.name}: {reason}. A key is made by: gpg --quick-generate-key 'Mirror <mail>'"
            )
        return result


@dataclass(frozen=True)
class Repository:
    """What a flat repository says of itself."""

    packages: Sequence[Package]
    suite: str
    architecture: str
    origin: str

    def index(self) -> bytes:
        """Return the Packages index, the same for the same packages."""
        return "".join(f"{package.stanza}\n\n" for package in self.packages).encode("utf-8")

    def compressed_index(self) -> bytes:
        """Return Packages.gz, without a date in it."""
        return gzip.compress(self.index(), 9, mtime=0)

    def release(self, date: str) -> str:
        """Return the Release text; `date` in RFC 2822 form, as `now` gives it."""
        lines = [
            f"Origin: {self.origin}",
            f"Label: {self.origin}",
            f"Suite: {self.suite}",
            f"Codename: {self.suite}",
            f"Architectures: {self.architecture} all",
            f"Date: {date}",
            "Acquire-By-Hash: yes",
            "SHA256:",
        ]
        for name, content in (("Packages", self.index()), ("Packages.gz", self.compressed_index())):
            lines.append(f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}")
        return "\n".join(lines) + "\n"


def now() -> str:
    """Return the time as a Release file has it."""
    return formatdate(usegmt=True).replace("GMT", "UTC")


def signed_release(repository: Repository, key: SigningKey, published: bytes | None) -> bytes:
    """Return the InRelease: the published one as long as it says the same and this key signed it, else a new one."""
    text = key.text_signed_by_it(published) if published else None
    date = re.search(r"^Date: (.*)$", text or "", re.MULTILINE)
    if published and text and date and text.strip() == repository.release(date.group(1)).strip():
        return published
    return key.sign(repository.release(now()))
