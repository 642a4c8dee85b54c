# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render a directory of templates on the controller, for `component` and `config_tree` alike."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 trusts what the controller reads

    def trust_as_template(value: str) -> str:
        """Return ``value``."""
        return value


class RenderingError(AnsibleError):  # type: ignore[misc]
    """A template does not render; nothing was sent to the host."""


class Renderer:
    """Templates with a task's variables."""

    def __init__(self, templar: Any, variables: Mapping[str, Any]) -> None:
        self._templar = templar
        self._variables = variables

    def directory(self, root: Path) -> dict[str, bytes]:
        """Return every file below ``root`` by its path in the tree.

        ``NAME.j2`` is a template and becomes ``NAME``; ``_NAME.j2`` is only for others to include; any
        other file is taken as it is.
        """
        if not root.is_dir():
            raise RenderingError(f"templates: {root} is not a directory on the controller")
        templar = self._templar.copy_with_new_env(
            searchpath=[str(root), str(root.parent)], available_variables=self._variables
        )
        found: dict[str, bytes] = {}
        for path in sorted(root.rglob("*")):
            if path.is_dir():
                continue
            name = str(path.relative_to(root))
            if path.suffix != ".j2":
                found[name] = path.read_bytes()
            elif not path.name.startswith("_"):
                found[name[: -len(".j2")]] = self._template(templar, path).encode()
        return found

    @staticmethod
    def _template(templar: Any, path: Path) -> str:
        try:
            text = templar.template(
                trust_as_template(path.read_text(encoding="utf-8")),
                escape_backslashes=False,
                preserve_trailing_newlines=True,
            )
        except (AnsibleError, UnicodeDecodeError) as error:
            message = getattr(error, "message", None) or str(error)
            raise RenderingError(f"template {path} does not render: {message}") from error
        if text is None:
            return ""
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return f"{text}\n"  # a template of one number, which Ansible takes for the number itself
        if not isinstance(text, str):
            raise RenderingError(
                f"template {path} renders to a {type(text).__name__}, not to text; "
                "end it with to_nice_yaml, to_json or to_properties"
            )
        return text


def text_of(path: str, value: Any) -> str:
    """Return the content of an inline file: text as it is, a mapping or list as JSON or YAML by its name."""
    if isinstance(value, str):
        return value
    if path.endswith(".json"):
        return json.dumps(value, indent=2, sort_keys=True) + "\n"
    if path.endswith((".yml", ".yaml")):
        import yaml  # noqa: PLC0415 - only here, and ansible-core brings it

        return str(yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=True, default_flow_style=False))
    raise RenderingError(f"files: the content of {path} must be text (only .json and .yml files take data)")


def files(
    rendered: Mapping[str, bytes],
    inline: Mapping[str, Any],
    defaults: Mapping[str, Any],
    rules: Mapping[str, Mapping[str, Any]],
    secret: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the tree's files as they go to the host.

    ``inline`` maps a path to text or to a mapping with ``content`` and access keys; ``rules`` maps a
    pattern of paths to access keys (later ones win); ``secret`` are patterns of files not to be shown.
    """
    contents: dict[str, tuple[bytes, Mapping[str, Any]]] = {path: (data, {}) for path, data in rendered.items()}
    for path, value in inline.items():
        own = value if isinstance(value, Mapping) and "content" in value else {"content": value}
        contents[path] = (text_of(path, own["content"]).encode(), own)
    return [_file(path, content, own, defaults, rules, secret) for path, (content, own) in sorted(contents.items())]


def _file(  # noqa: PLR0917
    path: str,
    content: bytes,
    own: Mapping[str, Any],
    defaults: Mapping[str, Any],
    rules: Mapping[str, Mapping[str, Any]],
    secret: Sequence[str],
) -> dict[str, Any]:
    access: dict[str, Any] = {}
    for pattern, rule in rules.items():
        if fnmatch(path, pattern):
            access.update({key: value for key, value in rule.items() if value is not None})
    access.update({key: own[key] for key in ("owner", "group", "mode", "secret") if own.get(key) is not None})
    hidden = bool(access.get("secret")) or any(fnmatch(path, pattern) for pattern in secret)
    mode = mode_bits(access.get("mode", defaults["mode"]), path)
    if hidden and "mode" not in access:
        mode &= 0o770  # what may not be shown is not for everybody to read
    file = {
        "path": path,
        "owner": access.get("owner", defaults["owner"]),
        "group": access.get("group", defaults["group"]),
        "secret": hidden,
        "mode": mode,
    }
    try:
        file["content"] = content.decode()
    except UnicodeDecodeError:
        file["base64"] = base64.b64encode(content).decode()
    return file


def mode_bits(mode: Any, what: str) -> int:
    """Return permission bits of ``mode``, an octal string ("0640") or YAML's reading of 0640."""
    try:
        bits = int(mode, 8) if isinstance(mode, str) else int(mode)
    except (TypeError, ValueError) as error:
        raise RenderingError(f"the mode of {what} is {mode!r}; write it as an octal string, like '0640'") from error
    if not 0 <= bits <= 0o777:
        raise RenderingError(f"the mode of {what} is {mode!r}; write it as an octal string, like '0640'")
    return bits
