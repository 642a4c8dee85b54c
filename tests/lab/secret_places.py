"""Where secrets can be read on a machine, searched on it (standard library only).

Reads JSON: {"secrets": [text], "seconds": number}. Watches the process list for so many seconds, then searches the
journal and all files that anybody may read, for them and for the private keys below /etc/monitoring. Prints JSON: the
places.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("/etc", "/opt/monitoring", "/var/lib", "/var/log", "/var/tmp", "/tmp", "/run", "/home", "/root")
EVERY = 0.05
"""Seconds; modules live longer."""


def keys() -> list[bytes]:
    """The second line of every private key: the first one begins alike in all, the last one is a public key's."""
    return [
        file.read_bytes().split(b"-----")[2].strip().splitlines()[1] for file in Path("/etc/monitoring").rglob("*.key")
    ]


def processes(secrets: list[bytes], seconds: float) -> set[str]:
    """Processes that had a secret among their arguments, which anybody may see."""
    found = set()
    end = time.monotonic() + seconds
    while True:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                arguments = file.read_bytes()
            except OSError:  # it has ended
                continue
            if any(secret in arguments for secret in secrets):
                found.add(f"process {arguments.split(bytes(1))[0].decode()}")
        if time.monotonic() > end:
            return found
        time.sleep(EVERY)


def open_files() -> Iterator[Path]:
    """Files that anybody may read."""
    for top in FOLDERS:
        for folder, _folders, names in os.walk(top):
            for path in (Path(folder, name) for name in names):
                try:
                    status = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IROTH:
                    yield path


def main() -> None:
    """Search everywhere."""
    asked = json.load(sys.stdin)
    passwords = [secret.encode() for secret in asked["secrets"]]
    found = processes(passwords, asked["seconds"])
    secrets = [*passwords, *keys()]
    journal = subprocess.run(["journalctl", "-o", "cat", "--no-pager"], stdout=subprocess.PIPE, check=True).stdout
    found |= {"journal" for secret in secrets if secret in journal}
    for path in open_files():
        content = path.read_bytes()
        found |= {str(path) for secret in secrets if secret in content}
    json.dump(sorted(found), sys.stdout)


if __name__ == "__main__":
    main()
