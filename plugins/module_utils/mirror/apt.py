# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian packages with all that they need, read by an apt of its own that knows nothing of this machine's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

# What a machine's own apt does after an update or an installation is not for this root.
_HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success",
          "DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs")  # fmt: skip

_INSTALL = re.compile(r"^Inst (\S+) \((\S+) .*?\[(\w+)\]\)", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package of the release, as its signed index describes it."""

    name: str
    version: str
    architecture: str
    sha256: str
    file: str
    """File name in the repository."""
    stanza: str
    """Its paragraph for a Packages index, with the file beside the index."""


class AptRoot:
    """An apt with sources, state and cache below one directory; the machine's proxy settings hold."""

    def __init__(self, directory: Path, sources: Sequence[str], architecture: str) -> None:
        self._directory = directory
        self._architecture = architecture
        missing = [program for program in ("apt-get", "apt-cache") if not shutil.which(program)]
        if missing:
            raise Failure(
                f"{missing[0]} is missing: Debian packages are mirrored from a Debian or Ubuntu machine, any release; "
                "run the play there (mirror_host), or leave apt out of mirror_contents"
            )
        for place in ("etc", "lists/partial", "archives/partial", "empty"):
            (directory / place).mkdir(parents=True, exist_ok=True)
        (directory / "etc/sources.list").write_text("".join(f"{line}\n" for line in sources), encoding="utf-8")
        # Nothing counts as installed, so that the closure holds all that a minimal host may lack.
        (directory / "status").write_text("", encoding="utf-8")
        (directory / "apt.conf").write_text(self._configuration(), encoding="utf-8")

    def closure(self, names: Sequence[str]) -> list[Package]:
        """Return the packages and everything they depend on, in their newest versions; recommended ones are left out.

        Raises Failure when a source does not answer, its signature is not good, or a package is unknown.
        """
        self._run("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
        plan = self._run("apt-get", "install", "--simulate", "--no-install-recommends", *names)
        chosen = [f"{name}:{arch}={version}" for name, version, arch in _planned(plan, self._architecture)]
        shown = self._run("apt-cache", "show", "--no-all-versions", *chosen)
        packages = [_package(stanza) for stanza in re.split(r"\n\n+", shown.strip())]
        if len(packages) != len(chosen):
            raise Failure(
                f"apt described {len(packages)} of {len(chosen)} packages; remove {self._directory} and try again"
            )
        return sorted(packages, key=lambda package: (package.name, package.architecture))

    def file(self, package: Package) -> Path:
        """Return where a downloaded package lies."""
        return self._directory / "archives" / package.file

    def download(self, packages: Sequence[Package]) -> None:
        """Fetch packages by apt, which verifies them; what an earlier run fetched is kept. Raises Failure."""
        archives = self._directory / "archives"
        wanted = [each for each in packages if not self._fetched(each)]
        if not wanted:
            return
        names = [f"{each.name}:{self._architecture}={each.version}" for each in wanted]
        self._run("apt-get", "download", *names, directory=archives)
        for each in wanted:
            # apt writes a colon of the version (its epoch) as %3a, repositories leave the epoch out.
            written = f"{each.name}_{each.version.replace(':', '%3a')}_{each.architecture}.deb"
            if written != each.file:
                (archives / written).replace(archives / each.file)

    def _fetched(self, package: Package) -> bool:
        return self.file(package).exists() and digest(self.file(package)) == package.sha256

    def _configuration(self) -> str:
        root = self._directory
        settings = {
            "Dir::Etc::sourcelist": root / "etc/sources.list",
            "Dir::Etc::sourceparts": root / "empty",
            "Dir::Etc::preferences": root / "empty/none",
            "Dir::Etc::preferencesparts": root / "empty",
            "Dir::State": root,
            "Dir::State::lists": root / "lists",
            "Dir::State::status": root / "status",
            "Dir::State::extended_states": root / "extended_states",
            "Dir::Cache": root,
            "Dir::Cache::archives": root / "archives",
            # Container images often switch these off, and each command would then parse the release's index anew.
            "Dir::Cache::pkgcache": root / "pkgcache.bin",
            "Dir::Cache::srcpkgcache": root / "srcpkgcache.bin",
            "APT::Architecture": self._architecture,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "true",
        }
        lists = (*_HOOKS, "APT::Architectures", "APT::Default-Release")
        cleared = "".join(f"#clear {name};\n" for name in lists)
        return (
            cleared
            + f'APT::Architectures {{ "{self._architecture}"; }};\n'
            + "".join(f'{name} "{value}";\n' for name, value in settings.items())
        )

    def _run(self, *command: str, directory: Path | None = None) -> str:
        program, *arguments = command
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        result = subprocess.run(
            [program, "-q", "-c", str(self._directory / "apt.conf"), *arguments],
            cwd=directory, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode != 0:
            raise Failure(f"{program} {arguments[0]}: {result.stderr.strip() or result.stdout.strip()}")
        return result.stdout


def _planned(simulation: str, architecture: str) -> list[tuple[str, str, str]]:
    found = [(name.partition(":")[0], version, arch) for name, version, arch in _INSTALL.findall(simulation)]
    # A package for all architectures is asked for under the machine's own.
    return sorted({(name, version, architecture if arch == "all" else arch) for name, version, arch in found})


def _package(stanza: str) -> Package:
    fields = dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", stanza, re.MULTILINE))
    file = fields["Filename"].rpartition("/")[2]
    return Package(
        name=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        sha256=fields["SHA256"],
        file=file,
        stanza=re.sub(r"(?m)^Filename: .*$", f"Filename: ./{file}", stanza),
    )
