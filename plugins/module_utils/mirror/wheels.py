# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python packages of a lock file, as a simple index (PEP 503)."""

from __future__ import annotations

import html
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import (
    Destination,
    Item,
    text_item,
)

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LINK = re.compile(r'<a href="(?:[^"#]*/)?[^"#]*#sha256=([0-9a-f]{64})">([^<]+)</a>')
_PROJECT = re.compile(r'<a href="([^"/]+)/">')


def locked_hashes(requirements: Path) -> frozenset[str]:
    """Return every sha256 of a requirements file. Raises Failure when it has none: nothing is mirrored unchecked."""
    try:
        hashes = frozenset(_HASH.findall(requirements.read_text(encoding="utf-8")))
    except OSError as error:
        raise Failure(f"{requirements}: {error}") from error
    if not hashes:
        raise Failure(
            f"{requirements} has no hashes; make a lock file: uv pip compile --generate-hashes requirements.in"
        )
    return hashes


def project_of(file: str) -> str:
    """Return the normalised project name of a wheel's or source archive's file name (PEP 503)."""
    stem = file[: -len(".whl")] if file.endswith(".whl") else re.sub(r"\.(tar\.gz|zip)$", "", file)
    name = stem.split("-")[0] if file.endswith(".whl") else stem.rpartition("-")[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def download(
    python: str, requirements: Path, target: Mapping[str, str | None], allow_source: bool, directory: Path
) -> list[Path]:
    """Let pip fetch what a lock file names into `directory`; return the files that carry one of its hashes.

    `target` has `python_version` ("3.11") and `platform` ("manylinux_2_28_x86_64") of the hosts, or is empty for
    hosts like this machine. pip compares the hashes and fetches only what is not there yet. Raises Failure.
    """
    hashes = locked_hashes(requirements)
    directory.mkdir(parents=True, exist_ok=True)
    command = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--dest", str(directory), "--requirement", str(requirements)]
    command += [] if allow_source else ["--only-binary=:all:"]
    for option, value in target.items():
        command += [f"--{option.replace('_', '-')}", value] if value else []
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        said = result.stderr.strip() or result.stdout.strip()
        way_out = (
            f"; get it by: {python} -m ensurepip, or your system's python3-pip" if "No module named pip" in said else ""
        )
        raise Failure(f"pip download of {requirements}: {said}{way_out}")
    return [file for file in sorted(directory.iterdir()) if file.is_file() and digest(file) in hashes]


def content(files: Iterable[Path], folder: str) -> list[Item]:
    """Return the packages as items, each in its project's folder."""
    return [Item(f"{folder}/{project_of(file.name)}/{file.name}", digest(file), partial(Path, file)) for file in files]


def indices(items: Sequence[Item], folder: str, destination: Destination, staging: Path) -> list[Item]:
    """Return the index pages, with what the destination has of other locks kept.

    `<folder>/` is for `--index-url`; `<folder>/files.html` names all files, for `--find-links` on servers that do not
    answer a folder with its index.html, such as a bucket.
    """
    projects: dict[str, dict[str, str]] = defaultdict(dict)
    known = _PROJECT.findall((destination.read(f"{folder}/index.html") or b"").decode("utf-8"))
    for project in {*known, *(project_of(item.path.rpartition("/")[2]) for item in items)}:
        page = (destination.read(f"{folder}/{project}/index.html") or b"").decode("utf-8")
        projects[project] = {html.unescape(name): sha256 for sha256, name in _LINK.findall(page)}
    for item in items:
        name = item.path.rpartition("/")[2]
        projects[project_of(name)][name] = item.sha256
    pages = [
        text_item(f"{folder}/{project}/index.html", _page(project, _links(files, "")), staging)
        for project, files in sorted(projects.items())
    ]
    every = "".join(_links(files, f"{project}/") for project, files in sorted(projects.items()))
    names = "".join(f'<a href="{project}/">{project}</a><br>\n' for project in sorted(projects))
    return [
        *pages,
        text_item(f"{folder}/files.html", _page("All files", every), staging),
        text_item(f"{folder}/index.html", _page("Simple index", names), staging),
    ]


def _links(files: Mapping[str, str], prefix: str) -> str:
    return "".join(
        f'<a href="{prefix}{quote(name)}#sha256={files[name]}">{html.escape(name)}</a><br>\n' for name in sorted(files)
    )


def _page(title: str, links: str) -> str:
    return (
        '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.0">'
        f"<title>{title}</title></head>\n<body>\n{links}</body></html>\n"
    )
