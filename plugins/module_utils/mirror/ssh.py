# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror in a directory of another machine, such as a web server's document root, reached by SSH."""

from __future__ import annotations

import contextlib
import io
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import format_sums, parse_sums
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Local

# Everything arrives in a folder of the same file system, is verified there, and is renamed into place in order.
_RECEIVE = """
set -eu
umask 022
mkdir -p -- {root}
cd -- {root}
incoming="$(mktemp -d .incoming.XXXXXX)"
trap 'rm -rf -- "$incoming"' EXIT
tar -x -C "$incoming" -f -
(cd "$incoming" && sha256sum --quiet -c .sums)
while IFS= read -r path; do
  mkdir -p -- "$(dirname -- "$path")"
  chmod 0644 -- "$incoming/$path"
  mv -f -- "$incoming/$path" "$path"
done < "$incoming/.order"
"""


class SshDestination(Destination):
    """`ssh://[user@]host[:port]/directory`; the other machine needs a shell, tar and coreutils."""

    def __init__(self, host: str, directory: str, arguments: Sequence[str] = ()) -> None:
        self._host = host
        self._root = directory
        self._command = ["ssh", "-o", "BatchMode=yes", *arguments, host]

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        place = shlex.quote(f"{self._root}/{path}")
        # A status of its own for "no such file", for ssh has 255 for its own failures.
        result = self._run(f"if [ -e {place} ]; then cat -- {place}; else exit 44; fi", b"", accepted=(0, 44))
        return result.stdout if result.returncode == 0 else None

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 of the files that are there, read from their bytes."""
        root = shlex.quote(self._root)
        script = f"[ -d {root} ] || exit 0; cd -- {root} && xargs -0 -r sha256sum -- 2>/dev/null || true"
        listing = self._run(script, "\0".join(paths).encode("utf-8"))
        return parse_sums(listing.stdout.decode("utf-8"))

    def put(self, files: Sequence[Local]) -> None:
        """Send all files in one stream; they are verified there before the first is renamed into place."""
        with tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(
                [*self._command, _RECEIVE.format(root=shlex.quote(self._root))],
                stdin=subprocess.PIPE, stdout=messages, stderr=messages,
            )  # fmt: skip
            # A broken pipe is the other side's refusal; its own message says why.
            with contextlib.suppress(BrokenPipeError), process.stdin as stream:  # type: ignore[union-attr]
                _stream(stream, files)
            status = process.wait()
            messages.seek(0)
            said = messages.read().decode("utf-8", errors="replace").strip()
        if status != 0:
            raise Failure(f"{self._host}:{self._root}: nothing or not all was published: {said}")

    def _run(self, script: str, data: bytes, accepted: Iterable[int] = (0,)) -> subprocess.CompletedProcess[bytes]:
        result = subprocess.run([*self._command, script], input=data, capture_output=True, check=False)
        if result.returncode not in accepted:
            raise Failure(f"{self._host}:{self._root}: {result.stderr.decode('utf-8', errors='replace').strip()}")
        return result


def _stream(stream: IO[bytes], files: Sequence[Local]) -> None:
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        _add_text(tar, ".order", "".join(f"{local.path}\n" for local in files))
        _add_text(tar, ".sums", format_sums({local.path: local.sha256 for local in files}))
        for local in files:
            tar.add(local.file, arcname=local.path, filter=_readable)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text.encode("utf-8"))
    tar.addfile(member, io.BytesIO(text.encode("utf-8")))


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
