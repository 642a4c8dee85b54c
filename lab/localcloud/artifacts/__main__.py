"""Command line of the artifact mirror: `build`, `serve`, `tools`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

from localcloud import paths
from localcloud.artifacts import recipes as recipes_file
from localcloud.artifacts.catalogue import declared
from localcloud.artifacts.filling import Mirror, Source
from localcloud.artifacts.golang import host_architecture
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
    build.add_argument("--source", type=Source, choices=list(Source), default=Source.AUTO)
    build.add_argument("--architecture", action="append", help="amd64 or arm64 (repeatable; default: this machine's)")
    build.add_argument("--directory", type=Path, help="the mirror (default: mirror/ of the cache)")
    server = commands.add_parser("serve", help="serve a mirror by HTTP")
    server.add_argument("--directory", type=Path, help="the mirror (default: mirror/ of the cache)")
    server.add_argument("--listen", metavar="ADDRESS:PORT", default="127.0.0.1:8080")
    tools = commands.add_parser("tools", help="build the linters that no Python package brings")
    tools.add_argument("--only", metavar="NAME", action="append", help="this tool only (repeatable)")
    tools.add_argument("--directory", type=Path, default=paths.cache() / "bin", help="default: %(default)s")
    return parser


def _build(options: argparse.Namespace) -> None:
    wanted = declared(options.architecture or [host_architecture()])
    if options.only:
        unknown = set(options.only) - {archive.component for archive in wanted}
        if unknown:
            known = ", ".join(sorted({archive.component for archive in wanted}))
            raise LabError(f"no catalogue has {', '.join(sorted(unknown))}; it has: {known}")
        wanted = [archive for archive in wanted if archive.component in options.only]
    directory = options.directory or options.cache / "mirror"
    for filled in Mirror(directory, options.cache, recipes_file.load()).fill(wanted, options.source):
        sys.stdout.write(f"{filled.sha256}  {directory / filled.archive.path}\n")


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
        {"build": _build, "serve": _serve, "tools": _tools}[options.command](options)
    except (LabError, Failure, ValueError, OSError) as error:
        sys.stderr.write(f"artifacts: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
