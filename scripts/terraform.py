"""The checks of terraform/, with no cloud: `static` (format, validity, lint), `tests` (its own, a minute of CPU)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from localcloud import paths, preflight, terraform
from localcloud.problems import LabError

from scripts.tools import tool

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the checks of one kind; return how many failed."""
    parser = argparse.ArgumentParser(prog="terraform", description=__doc__)
    parser.add_argument("kind", choices=("static", "tests"))
    kind = parser.parse_args().kind
    with tempfile.TemporaryDirectory() as directory:
        plugin_cache, configuration = paths.cache() / "terraform", Path(directory) / "cli.tfrc"
        plugin_cache.mkdir(parents=True, exist_ok=True)
        configuration.write_text(terraform.cli_configuration(terraform.provider_mirror(), plugin_cache), "utf-8")
        env = {
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_DATA_DIR": f"{directory}/data",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }
        try:
            program = preflight.terraform()
            initialise = [program, "init", "-no-color", "-backend=false", "-lockfile=readonly"]
            checks: list[list[str]]
            if kind == "tests":
                checks = [initialise, [program, "test", "-no-color"]]
            else:
                linter = [tool("tflint"), "--recursive", f"--config={ROOT / '.tflint.hcl'}"]
                formatter = [program, "fmt", "-check", "-diff", "-recursive"]
                checks = [formatter, initialise, [program, "validate", "-no-color"], linter]
        except LabError as error:
            print(error)
            return 1
        failed = 0
        for check in checks:
            print(f"$ {' '.join(check)}", flush=True)
            failed += subprocess.run(check, cwd=ROOT / "terraform", env=env, check=False).returncode != 0
        return failed


if __name__ == "__main__":
    sys.exit(main())
