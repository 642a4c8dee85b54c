"""Command line of the artifact mirror: `build`, `lock`, `serve`, `tools`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.catalogue import Archive

from localcloud import paths
from localcloud.artifacts import recipes as recipes_file
from localcloud.artifacts.catalogue import declared
from localcloud.artifacts.filling import Mirror, Source
from localcloud.artifacts.golang import host_architecture
from localcloud.artifacts.maven import Maven
from localcloud.artifacts.recipes import MavenRecipe
from localcloud.artifacts.server import serve
from localcloud.artifacts.tools import install
from localcloud.problems import LabError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud.artifacts", description=__doc__)
    cache = paths.cache() / "artifacts"
    parser.add_argument("--cache", type=Path, default=cache, help="downloads and builds (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="fill a mirror with the archives of the roles' catalogues")
    build.add_argument("--only", metavar="COMPONENT", action="append", help="this component only (repeatable)")
    build.add_argument("--version", help="this version instead of the catalogue's; with one --only")
    build.add_argument("--source", type=Source, choices=list(Source), default=Source.AUTO)
    build.add_argument("--architecture", action="append", help="amd64 or arm64 (repeatable; default: this machine's)")
    build.add_argument("--directory", type=Path, help="the mirror (default: mirror/ of the cache)")
    lock = commands.add_parser("lock", help="pin the jars of a Maven recipe for the catalogue's version, or another")
    lock.add_argument("--only", metavar="COMPONENT", action="append", help="this component only (repeatable)")
    lock.add_argument("--version", help="this version instead of the catalogue's; with one --only")
    server = commands.add_parser("serve", help="serve a mirror by HTTP")
    server.add_argument("--directory", type=Path, help="the mirror (default: mirror/ of the cache)")
    server.add_argument("--listen", metavar="ADDRESS:PORT", default="127.0.0.1:8080")
    tools = commands.add_parser("tools", help="build the linters that no Python package brings")
    tools.add_argument("--only", metavar="NAME", action="append", help="this tool only (repeatable)")
    tools.add_argument("--directory", type=Path, default=paths.cache() / "bin", help="default: %(default)s")
    return parser


def _wanted(options: argparse.Namespace, architectures: Sequence[str]) -> list[Archive]:
    """Return the archives that --only and --version choose."""
    if options.version and len(options.only or ()) != 1:
        raise LabError("--version is one component's: give it with one --only")
    versions = {options.only[0]: options.version} if options.version else {}
    known = declared(architectures, versions)
    unknown = set(options.only or ()) - {archive.component for archive in known}
    if unknown:
        names = ", ".join(sorted({archive.component for archive in known}))
        raise LabError(f"no catalogue has {', '.join(sorted(unknown))}; it has: {names}")
    return [archive for archive in known if not options.only or archive.component in options.only]


def _build(options: argparse.Namespace) -> None:
    wanted = _wanted(options, options.architecture or [host_architecture()])
    directory = options.directory or options.cache / "mirror"
    for filled in Mirror(directory, options.cache, recipes_file.load()).fill(wanted, options.source):
        sys.stdout.write(f"{filled.sha256}  {directory / filled.archive.path}\n")


def _lock(options: argparse.Namespace) -> None:
    recipes = recipes_file.load()
    for archive in _wanted(options, [host_architecture()]):
        recipe = recipes.archives.get(archive.component)
        if isinstance(recipe, MavenRecipe):
            with tempfile.TemporaryDirectory() as work:
                sys.stdout.write(f"{Maven(options.cache).lock(recipe, archive.version, Path(work))}\n")
        elif options.only:
            raise LabError(f"{archive.component} is not made of jars: there is nothing to lock")


def _tools(options: argparse.Namespace) -> None:
    recipes = recipes_file.load()
    unknown = set(options.only or ()) - set(recipes.tools)
    if unknown:
        raise LabError(f"no recipe makes {', '.join(sorted(unknown))}; there are: {', '.join(sorted(recipes.tools))}")
    chosen = [tool for tool in recipes.tools.values() if not options.only or tool.name in options.only]
    for program in install(chosen, recipes, options.cache, options.directory):
        sys.stdout.write(f"{program}\n")


def _serve(options: argparse.Namespace) -> None:
    address, _colon, port = options.listen.rpartition(":")
    if not address or not port.isdigit():
        raise LabError(f"--listen {options.listen}: it is ADDRESS:PORT, as in 10.213.255.1:8080")
    serve(options.directory or options.cache / "mirror", address.strip("[]"), int(port))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when it did what was asked."""
    options = _parser().parse_args(arguments)
    try:
        {"build": _build, "lock": _lock, "serve": _serve, "tools": _tools}[options.command](options)
    except (LabError, Failure, ValueError, OSError) as error:
        sys.stderr.write(f"artifacts: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
