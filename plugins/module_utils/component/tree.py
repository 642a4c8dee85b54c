# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration tree: every file with its content, owner and mode; what is not declared is not there."""

from __future__ import annotations

import base64
import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import RELOAD, RESTART, Change
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


@dataclass(frozen=True)
class TreeFile:
    """One file: ``path`` is relative to the tree, ``mode`` its permission bits."""

    path: str
    content: bytes
    mode: int
    owner: str
    group: str
    secret: bool = False

    @classmethod
    def from_payload(cls, value: Mapping[str, Any]) -> TreeFile:
        """Read what the controller sent; content that is not text came in base 64."""
        content = value["content"].encode() if "content" in value else base64.b64decode(value["base64"])
        return cls(
            relative(value["path"]), content, value["mode"], value["owner"], value["group"], value.get("secret", False)
        )


@dataclass(frozen=True)
class Tree:
    """The files of a tree, and the owner, group and mode of its directories."""

    files: tuple[TreeFile, ...]
    owner: str = "root"
    group: str = "root"
    directory_mode: int = 0o750

    def digest(self) -> str:
        """Return the SHA-256 over names, contents, owners and modes, in hexadecimal."""
        total = hashlib.sha256((f"{self.owner}:{self.group}:{self.directory_mode:o}").encode())
        for file in sorted(self.files, key=lambda one: one.path):
            content = hashlib.sha256(file.content).hexdigest()
            total.update((f"\0{file.path}\0{content}\0{file.mode:o}:{file.owner}:{file.group}").encode())
        return total.hexdigest()

    def directories(self) -> set[str]:
        """Return every directory below the root that the files imply."""
        return {str(parent) for file in self.files for parent in Path(file.path).parents} - {"."}


def relative(path: str) -> str:
    """Return ``path`` normalised; one that leaves the tree is refused."""
    parts = Path(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise Failure(f"{path!r} is no path inside a tree: give it relative and without '..'")
    return str(Path(*parts))


def user_id(name: str) -> int:
    """Return the uid of ``name``, or -1 if the host has no such user (yet)."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return int(name) if name.isdigit() else -1


def group_id(name: str) -> int:
    """Return the gid of ``name``, or -1 if the host has no such group (yet)."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return int(name) if name.isdigit() else -1


def write(tree: Tree, root: Path, strict: bool = True) -> None:
    """Write the tree into the empty directory ``root``.

    ``strict``: an owner or group that does not exist is refused; otherwise (check mode, where the user was
    not made) the file keeps the process's own.
    """
    uid, gid = _owner(tree.owner, tree.group, str(root), strict)
    os.chown(root, uid, gid)
    root.chmod(tree.directory_mode)
    for name in sorted(tree.directories()):
        directory = root / name
        directory.mkdir(mode=tree.directory_mode)
        os.chown(directory, uid, gid)
        directory.chmod(tree.directory_mode)
    for file in tree.files:
        uid, gid = _owner(file.owner, file.group, file.path, strict)
        atomic.write_new(root / file.path, file.content, file.mode, uid, gid)


def _owner(owner: str, group: str, path: str, strict: bool) -> tuple[int, int]:
    uid, gid = user_id(owner), group_id(group)
    if strict and -1 in (uid, gid):
        kind, name = ("user", owner) if uid == -1 else ("group", group)
        raise Failure(f"{path} is to belong to {kind} {name}, which this host does not have: create it first")
    if os.geteuid() != 0:
        return -1, -1
    return uid, gid


def compare(tree: Tree, root: Path | None, restart_on: Iterable[str] = (), reloads: bool = False) -> list[Change]:
    """Return what differs between ``tree`` and the directory ``root`` (None: there is none).

    ``reloads``: a reload makes changes live, but for the paths in ``restart_on``.
    """
    restart = set(restart_on)

    def needs(path: str) -> str:
        return RELOAD if reloads and path not in restart else RESTART

    live = _listing(root) if root else {}
    changes = []
    for file in sorted(tree.files, key=lambda one: one.path):
        status = live.pop(file.path, None)
        before = _read(root, file.path, status)
        changes += _file_changes(file, before, status, needs(file.path))
    for path, status in sorted(live.items()):
        if stat.S_ISDIR(status.st_mode) and path in tree.directories():
            changes += _directory_changes(tree, path, status)
        elif not stat.S_ISDIR(status.st_mode):
            text, hidden = _text(_read(root, path, status) or b"")
            private = "secret" if not status.st_mode & 0o004 else ""
            changes.append(Change(f"file {path}", text, None, hidden or private, needs(path)))
    if root:
        changes += _directory_changes(tree, ".", root.stat())
    return changes


def _listing(root: Path) -> dict[str, os.stat_result]:
    found = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = Path(directory, name)
            found[str(path.relative_to(root))] = path.lstat()
    return found


def _read(root: Path | None, path: str, status: os.stat_result | None) -> bytes | None:
    if root is None or status is None or stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return b"(not a regular file)\n"
    return (root / path).read_bytes()


def _file_changes(file: TreeFile, before: bytes | None, status: os.stat_result | None, needs: str) -> list[Change]:
    changes = []
    subject = f"file {file.path}"
    if before != file.content:
        old, hidden_before = (None, "") if before is None else _text(before)
        new, hidden_after = _text(file.content)
        hidden = "secret" if file.secret else hidden_before or hidden_after
        changes.append(Change(subject, old, new, hidden, needs))
    if before is not None and status is not None:
        old_access = _access(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        new_access = _access(file.mode, user_id(file.owner), group_id(file.group))
        if not _same_access(old_access, new_access):
            changes.append(Change(f"access to {file.path}", old_access, new_access, "", needs))
    return changes


def _directory_changes(tree: Tree, path: str, status: os.stat_result) -> list[Change]:
    old = _access(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    new = _access(tree.directory_mode, user_id(tree.owner), group_id(tree.group))
    return [] if _same_access(old, new) else [Change(f"access to directory {path}", old, new, "", RELOAD)]


def _access(mode: int, uid: int, gid: int) -> str:
    return "{:04o} {}:{}\n".format(mode, uid if uid != -1 else "(new user)", gid if gid != -1 else "(new group)")


def _same_access(old: str, new: str) -> bool:
    # Without root (unit tests) nothing can be given away, so only the mode is judged.
    return old == new if os.geteuid() == 0 else old[:4] == new[:4]


def _text(content: bytes) -> tuple[str, str]:
    try:
        return content.decode(), ""
    except UnicodeDecodeError:
        return "", "binary"
