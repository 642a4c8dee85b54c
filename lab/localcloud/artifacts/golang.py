"""Go programs from their modules, the same bytes on every machine."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from localcloud.artifacts.archive import Built
from localcloud.artifacts.debian import install
from localcloud.artifacts.progress import run_step, say
from localcloud.artifacts.recipes import GoRecipe, RecipeError, Toolchain

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# What says where modules come from is the machine's own choice; everything else of Go's environment is ours.
_SOURCES = (
    "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOMODCACHE", "GOCACHE", "GOVERSION",
)  # fmt: skip


def host_architecture() -> str:
    """Return this machine's architecture as Go and Debian name it."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


class Go:
    """The pinned Go: this machine's own if it is that version, else fetched once from the module proxy."""

    def __init__(self, pin: Toolchain, directory: Path) -> None:
        self._pin = pin
        self._directory = directory / "go"
        self._logs = directory / "log"
        self._resolved: tuple[Path, dict[str, str]] | None = None

    def build(self, recipe: GoRecipe, version: str, architecture: str, work: Path) -> Built:
        """Build a recipe's programs below `work` (an empty directory).

        Raises RecipeError when the module is not the one the recipe pins, StepError when Go fails.
        """
        go, environment = self._toolchain(work)
        label = f"{recipe.module} {version} {architecture}"
        module = self._download(go, environment, f"{recipe.module}@v{version}", work, label)
        if module["Sum"] != recipe.sum:
            raise RecipeError(
                f"{recipe.module} {version} has sum {module['Sum']}, but its recipe pins {recipe.sum}: "
                "after a change of version, take the new sum from sum.golang.org into recipes.yml"
            )
        # A copy is built as the main module, so that its own go.mod and go.sum hold, with replace lines.
        source = work / "source"
        _copy_writable(Path(module["Dir"]), source)
        info = json.loads(Path(module["Info"]).read_text(encoding="utf-8"))
        date = datetime.fromisoformat(info["Time"]).astimezone(UTC)
        stamps = {"version": version, "date": date.strftime("%Y%m%d-%H:%M:%S")}
        flags = ["-s", "-w", "-buildid=", *(flag.format(**stamps) for flag in recipe.ldflags)]
        environment = {**environment, "GOARCH": architecture}
        for program, package in recipe.programs.items():
            command = [str(go), "build", "-p", str(os.cpu_count() or 1)]
            command += ["-mod=readonly", "-trimpath", "-buildvcs=false"]
            command += [f"-tags={','.join(recipe.tags)}", f"-ldflags={' '.join(flags)}"]
            command += ["-o", str(work / "bin" / program), package]
            log = self._logs / f"{program}-{version}-{architecture}.log"
            run_step(
                f"{program} {version} {architecture}: building", command,
                directory=source, environment=environment, log=log,
            )  # fmt: skip
        return Built(
            {program: work / "bin" / program for program in recipe.programs},
            {name: source / name for name in recipe.files},
            date,
        )

    def _toolchain(self, work: Path) -> tuple[Path, dict[str, str]]:
        if self._resolved is None:
            self._resolved = self._resolve(work)
        return self._resolved

    def _resolve(self, work: Path) -> tuple[Path, dict[str, str]]:
        own = self._directory / f"go{self._pin.version}"
        places = [own / "bin/go", shutil.which("go"), Path("/usr/local/go/bin/go"), Path("/usr/lib/go/bin/go")]
        found = next((Path(place) for place in places if place and Path(place).exists()), None) or _debian_go()
        environment = _environment(found)
        if environment.pop("GOVERSION") == f"go{self._pin.version}":
            return found, environment
        self._fetch(found, environment, own, work)
        environment = _environment(own / "bin/go")
        environment.pop("GOVERSION")
        return own / "bin/go", environment

    def _fetch(self, go: Path, environment: Mapping[str, str], target: Path, work: Path) -> None:
        """Fetch the pinned Go as the module that the proxy serves it as, with whatever Go there is."""
        architecture = host_architecture()
        name = f"golang.org/toolchain@v0.0.1-go{self._pin.version}.linux-{architecture}"
        say(f"Fetching Go {self._pin.version}, for the machine's own is another version")
        module = self._download(go, environment, name, work, f"Go {self._pin.version}")
        pinned = self._pin.sum.get(architecture)
        if pinned and module["Sum"] != pinned:
            raise RecipeError(f"{name} has sum {module['Sum']}, but recipes.yml pins {pinned}")
        part = target.with_name(f"{target.name}.{os.getpid()}")
        _copy_writable(Path(module["Dir"]), part)
        # A module's files are not executable; Go itself sets this when it fetches its own.
        for program in [*(part / "bin").iterdir(), *(part / "pkg/tool").rglob("*")]:
            program.chmod(0o755)
        part.replace(target)

    def _download(
        self, go: Path, environment: Mapping[str, str], module: str, work: Path, label: str
    ) -> dict[str, str]:
        printed = run_step(
            f"{label}: fetching the module", [str(go), "mod", "download", "-json", module],
            directory=work, environment=environment, log=self._logs / f"{module.replace('/', '_')}.log",
        )  # fmt: skip
        downloaded: dict[str, str] = json.loads(printed)
        return downloaded


def _debian_go() -> Path:
    install(["golang-go"], "Go (any from 1.19 on fetches the pinned one; elsewhere https://go.dev/dl/)")
    return Path("/usr/bin/go")


def _environment(go: Path) -> dict[str, str]:
    printed = subprocess.run(
        [go, "env", "-json", *_SOURCES], env={**os.environ, "GOTOOLCHAIN": "local"}, check=True, capture_output=True
    ).stdout
    sources: dict[str, str] = json.loads(printed)
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(("GO", "CGO_"))}
    return {
        **kept, **sources,
        "GOENV": "off", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "", "GO111MODULE": "on",
        "CGO_ENABLED": "0", "GOOS": "linux", "GOEXPERIMENT": "",
    }  # fmt: skip


def _copy_writable(source: Path, target: Path) -> None:
    """Copy a tree of the module cache, where everything is read-only."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for directory in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        directory.chmod(0o755)
