"""Jars from Maven Central, resolved once into a lock file and the same bytes ever after."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ansible_collections.selfhosted.monitoring.plugins.module_utils.download import digest

from localcloud.artifacts.archive import UNDATED, Built
from localcloud.artifacts.debian import install
from localcloud.artifacts.progress import run_step
from localcloud.artifacts.recipes import MavenRecipe, RecipeError

# Lists where Maven keeps what it resolved. It decides no bytes: what it finds is compared with the lock.
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:list"
_LOCK_LINE = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Jar:
    """One jar: group:artifact:version, and :classifier where it has one."""

    group: str
    artifact: str
    version: str
    classifier: str = ""

    @classmethod
    def of(cls, coordinates: str) -> Jar:
        """Read group:artifact[:version[:classifier]]."""
        group, artifact, *rest = coordinates.split(":")
        return cls(group, artifact, *(rest or [""]))

    @property
    def file(self) -> str:
        """Return its file name, as Maven Central and upstream's archives have it."""
        return "-".join(part for part in (self.artifact, self.version, self.classifier) if part) + ".jar"

    def __str__(self) -> str:
        return ":".join(part for part in (self.group, self.artifact, self.version, self.classifier) if part)


class Maven:
    """This machine's mvn with its settings.xml; what it downloads stays in the cache, not in ~/.m2."""

    def __init__(self, directory: Path) -> None:
        self._repository = directory / "maven"
        self._logs = directory / "log"

    def build(self, recipe: MavenRecipe, version: str, work: Path) -> Built:
        """Bring the jars of a version's lock. Raises RecipeError when one is not what the lock says."""
        file = recipe.lock_file(version)
        if not file.exists():
            raise RecipeError(
                f"{file} is missing: python -m localcloud.artifacts lock --only COMPONENT --version {version} makes it"
            )
        pinned = parse_lock(file.read_text(encoding="utf-8"))
        found = self._resolve(list(pinned), "", work, f"{file.stem}: {len(pinned)} jars", transitive=False)
        for jar, sha256 in pinned.items():
            if jar not in found:
                raise RecipeError(f"{file}: Maven did not bring {jar}")
            if (actual := digest(found[jar])) != sha256:
                raise RecipeError(
                    f"{jar} has sha256 {actual}, but {file} pins {sha256}: it is not the jar that was locked"
                )
        prefix = f"{recipe.lib}/" if recipe.lib else ""
        return Built({}, {f"{prefix}{jar.file}": found[jar] for jar in pinned}, UNDATED)

    def lock(self, recipe: MavenRecipe, version: str, work: Path) -> Path:
        """Resolve a recipe's jars and all that they need, and write the lock of that version."""
        wanted = [Jar.of(jar.format(version=version)) for jar in recipe.jars]
        file = recipe.lock_file(version)
        transitive = bool(recipe.lib)
        found = self._resolve(
            wanted, recipe.bom.format(version=version), work, f"{file.stem}: resolving", transitive=transitive
        )
        kept = {jar: path for jar, path in found.items() if not _excluded(jar, recipe.exclude)}
        file.parent.mkdir(exist_ok=True)
        file.write_text(format_lock({jar: digest(path) for jar, path in kept.items()}), encoding="utf-8")
        return file

    def _resolve(self, jars: Sequence[Jar], bom: str, work: Path, label: str, *, transitive: bool) -> dict[Jar, Path]:
        missing = [package for package, program in _PACKAGES.items() if not shutil.which(program)]
        if missing:
            install(missing, "Maven, which fetches jars from Maven Central")
        (work / "pom.xml").write_text(project(jars, bom, transitive=transitive), encoding="utf-8")
        listed = work / "resolved.txt"
        command = [
            "mvn",
            "--batch-mode",
            "--no-transfer-progress",
            "-Dstyle.color=never",
            f"-Dmaven.repo.local={self._repository}",
            _PLUGIN,
        ]
        command += [f"-DoutputFile={listed}", "-DoutputAbsoluteArtifactFilename=true", "-DincludeScope=runtime"]
        run_step(
            label, command,
            directory=work, environment=os.environ, log=self._logs / f"{label.partition(':')[0]}.log",
        )  # fmt: skip
        return resolved(listed.read_text(encoding="utf-8"))


_PACKAGES = {"maven": "mvn", "openjdk-17-jre-headless": "java"}


def project(jars: Iterable[Jar], bom: str, *, transitive: bool) -> str:
    """Return the pom.xml that depends on the jars."""
    root = ElementTree.Element("project", xmlns="http://maven.apache.org/POM/4.0.0")
    _elements(root, {"modelVersion": "4.0.0", "groupId": "lab", "artifactId": "archive", "version": "1"})
    if bom:
        managed = ElementTree.SubElement(ElementTree.SubElement(root, "dependencyManagement"), "dependencies")
        _dependency(managed, Jar.of(bom), {"type": "pom", "scope": "import"})
    dependencies = ElementTree.SubElement(root, "dependencies")
    for jar in jars:
        entry = _dependency(dependencies, jar, {})
        if not transitive:
            exclusions = ElementTree.SubElement(entry, "exclusions")
            _elements(ElementTree.SubElement(exclusions, "exclusion"), {"groupId": "*", "artifactId": "*"})
    return ElementTree.tostring(root, encoding="unicode")


def resolved(listing: str) -> dict[Jar, Path]:
    """Read what dependency:list printed: group:artifact:jar[:classifier]:version:scope:path, one a line."""
    found: dict[Jar, Path] = {}
    for line in listing.splitlines():
        fields = line.partition(" -- module ")[0].strip().split(":")
        if len(fields) in (6, 7) and fields[2] == "jar":
            classifier = fields[3] if len(fields) == 7 else ""
            found[Jar(fields[0], fields[1], fields[-3], classifier)] = Path(fields[-1])
    return found


def parse_lock(text: str) -> dict[Jar, str]:
    """Read a lock: jar to sha256."""
    return {Jar.of(coordinates): sha256 for sha256, coordinates in _LOCK_LINE.findall(text)}


def format_lock(sums: Mapping[Jar, str]) -> str:
    """Write a lock, sorted by coordinates."""
    return "# Made by: python -m localcloud.artifacts lock\n" + "".join(f"{sums[jar]}  {jar}\n" for jar in sorted(sums))


def _excluded(jar: Jar, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(f"{jar.group}:{jar.artifact}", pattern) for pattern in patterns)


def _dependency(parent: ElementTree.Element, jar: Jar, more: Mapping[str, str]) -> ElementTree.Element:
    entry = ElementTree.SubElement(parent, "dependency")
    named = {"groupId": jar.group, "artifactId": jar.artifact, "version": jar.version, "classifier": jar.classifier}
    _elements(entry, {**{name: value for name, value in named.items() if value}, **more})
    return entry


def _elements(parent: ElementTree.Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        ElementTree.SubElement(parent, name).text = value
