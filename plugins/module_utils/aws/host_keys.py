# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH host keys: from an instance's console output into lines of a known_hosts file.

Pure. cloud-init prints the keys that it made at first boot to the console, which only the machine writes
and only the AWS API shows; so the key is known before the first connection, not trusted because of it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
_END = "-----END SSH HOST KEY KEYS-----"
# A console may put a kernel time or a program's name before a line, and a carriage return after it.
_KEY = re.compile(r"(?:^|\s)(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) (AAAA[A-Za-z0-9+/]+={0,2})(?:\s|$)")
_NAME = re.compile(r"[A-Za-z0-9_:.-]+\Z")
_MARK = re.compile(r"\sec2:([a-z0-9-]+)/(i-[0-9a-f]+)\s*$")


@dataclass(frozen=True)
class Machine:
    """An instance and the names and addresses that it is reached by."""

    instance_id: str
    region: str
    names: tuple[str, ...]

    @property
    def mark(self) -> str:
        """The comment that ties a line to the instance, so that a replacement at the same address is noticed."""
        return f"ec2:{self.region}/{self.instance_id}"


@dataclass(frozen=True)
class HostKey:
    """A public key: its type and its base64 text."""

    type: str
    text: str


def host_keys(console: str) -> tuple[HostKey, ...]:
    """Keys of the last whole block that cloud-init printed; empty while there is none.

    A console's buffer may begin in the middle of a block: one without its beginning does not count.
    """
    keys: tuple[HostKey, ...] = ()
    block: list[HostKey] | None = None
    for line in console.splitlines():
        if _BEGIN in line:
            block = []
        elif _END in line:
            keys, block = tuple(block or keys), None
        elif block is not None and (match := _KEY.search(line)):
            key = HostKey(match[1], match[2])
            if _is_of_its_type(key):
                block.append(key)
    return keys


def _is_of_its_type(key: HostKey) -> bool:
    """RFC 4253, section 6.6: the blob begins with its type as a length and a string."""
    try:
        blob = base64.b64decode(key.text, validate=True)
    except binascii.Error:
        return False
    name = key.type.encode()
    return blob[:4] == len(name).to_bytes(4, "big") and blob[4 : 4 + len(name)] == name


def invalid_names(machines: Iterable[Machine]) -> list[str]:
    """Names that known_hosts would read as something else (a pattern, a list, a marker), with their machine."""
    return [
        f"{machine.instance_id} in {machine.region}: {name!r} is not a host name or an address"
        for machine in machines
        for name in machine.names
        if not _NAME.match(name)
    ]


def known_keys(text: str) -> dict[str, tuple[HostKey, ...]]:
    """Keys in a known_hosts file by the mark of their instance."""
    keys: dict[str, tuple[HostKey, ...]] = {}
    for line in text.splitlines():
        mark, match = _MARK.search(line), _KEY.search(line)
        if mark and match and not line.startswith("#"):
            name = f"ec2:{mark[1]}/{mark[2]}"
            keys[name] = (*keys.get(name, ()), HostKey(match[1], match[2]))
    return keys


def render(text: str, machines: Sequence[Machine], keys: Mapping[str, Sequence[HostKey]], *, purge: bool) -> str:
    """The file with these machines' keys, by mark. Lines that carry no mark are left alone.

    Marked lines of other machines stay, unless purge; but a name or address that a machine now has is
    taken from them, since it was re-used and the old key at it would only refuse the new machine.
    """
    current = {machine.mark for machine in machines if machine.mark in keys}
    taken = {name for machine in machines if machine.mark in keys for name in machine.names}
    wanted = {
        machine.mark: [
            f"{','.join(dict.fromkeys(machine.names))} {key.type} {key.text} {machine.mark}"
            for key in keys.get(machine.mark, ())
        ]
        for machine in sorted(machines, key=lambda machine: (machine.region, machine.instance_id))
    }
    lines: list[str] = []
    for line in text.splitlines():
        mark = _MARK.search(line)
        if not mark or line.startswith("#"):
            lines.append(line)
            continue
        own = f"ec2:{mark[1]}/{mark[2]}"
        if line in wanted.get(own, []):  # it stays where it is, so that a limited run changes nothing
            lines.append(line)
            wanted[own].remove(line)
            continue
        if purge or own in current:
            continue
        names, rest = line.split(" ", 1)
        if left := [name for name in names.split(",") if name not in taken]:
            lines.append(f"{','.join(left)} {rest}")
    lines += [line for new in wanted.values() for line in new]
    return "".join(f"{line}\n" for line in lines)
