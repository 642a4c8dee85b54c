"""Terraform on the lab's API: the same root as production's, with the lab's tfvars and backend."""

import hashlib
import json
import os
import re
from pathlib import Path

from localcloud import addresses, paths, preflight
from localcloud.problems import LabError
from localcloud.processes import Process

ROOT = paths.CHECKOUT / "terraform"
WORKSPACE = "lab"
DATA = paths.STATE / "terraform"
BACKEND = {
    "bucket": "monitoring-lab-terraform-state",
    "key": "terraform.tfstate",
    "region": "us-east-1",
    "dynamodb_table": "monitoring-lab-terraform-locks",
    "use_path_style": "true",
}

# Where a directory of provider packages may lie on this machine, first hit wins.
MIRRORS = (
    Path("/opt/tf-plugins"),
    Path("/usr/share/terraform/providers"),
    Path("/usr/local/share/terraform/plugins"),
    Path("~/.terraform.d/plugins"),
)

_LOCK_ID = re.compile(r"^\W*ID:\s+([0-9a-f-]{36})", re.M)


def provider_mirror(candidates: tuple[Path, ...] = MIRRORS) -> Path | None:
    """Return the first directory that is a filesystem mirror of providers."""
    given = os.environ.get("TF_PLUGIN_MIRROR")
    for candidate in ((Path(given),) if given else ()) + candidates:
        folder = candidate.expanduser()
        if any(folder.glob("*/hashicorp/aws")):
            return folder
    return None


def cli_configuration(mirror: Path | None, plugin_cache: Path) -> str:
    """Return Terraform's CLI configuration: providers from the mirror where one lies here, else from their registry."""
    if mirror is None:
        return f'plugin_cache_dir = "{plugin_cache}"\ndisable_checkpoint = true\n'
    return (
        "disable_checkpoint = true\n"
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n'
        f'  direct {{\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }}\n'
        "}\n"
    )


def aws_environment(profile: str) -> dict[str, str]:
    """Return the variables by which AWS's tools find the lab's API and one of its identities."""
    return {
        "AWS_CONFIG_FILE": str(paths.STATE / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(paths.STATE / "aws" / "credentials"),
        "AWS_PROFILE": profile,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def environment(public_key: str) -> dict[str, str]:
    """Return the variables of every Terraform command."""
    configuration, plugin_cache = DATA / "cli.tfrc", paths.cache() / "terraform"
    plugin_cache.mkdir(parents=True, exist_ok=True)
    paths.private_directory(DATA)
    text = cli_configuration(provider_mirror(), plugin_cache)
    if not configuration.exists() or configuration.read_text(encoding="utf-8") != text:
        paths.write_private(configuration, text)
    return {
        **aws_environment("terraform"),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_DATA_DIR": str(DATA / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_VAR_public_key": public_key,
        "TF_VAR_controller_cidrs": json.dumps([f"{addresses.CONTROLLER}/32"]),
    }


def variables_file(profile: str) -> Path:
    """Return the lab's tfvars of a profile."""
    return ROOT / "environments" / f"lab-{profile}.tfvars"


def fingerprint(profile: str, public_key: str) -> str:
    """Return a hash of all that decides what Terraform makes."""
    digest = hashlib.sha256(f"{profile}\0{public_key}".encode())
    for file in sorted(ROOT.rglob("*")):
        relevant = file.suffix in {".tf", ".tfvars", ".hcl", ".tftpl", ".json"} and "tests" not in file.parts
        if relevant and ".terraform" not in file.parts and file.is_file():
            digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def _run(arguments: list[str], env: dict[str, str]) -> None:
    process = Process("terraform")
    offset = process.log.stat().st_size if process.log.exists() else 0
    argv = [preflight.terraform(), f"-chdir={ROOT}", *arguments]
    code = process.run(argv, env)
    if code == 0:
        return
    output = process.log.read_text(encoding="utf-8", errors="replace")[offset:]
    lock = _LOCK_ID.search(output)
    if lock and "Error acquiring the state lock" in output:
        # Only one `up` runs at a time, so this lock is of one that was killed.
        process.run([preflight.terraform(), f"-chdir={ROOT}", "force-unlock", "-force", lock[1]], env)
        code = process.run(argv, env)
    if code:
        output = process.log.read_text(encoding="utf-8", errors="replace")[offset:]
        start = output.find("Error:")
        shown = output[start:] if start >= 0 else output[-1500:]
        raise LabError(
            f"terraform {arguments[0]} failed ({process.log} has all of it):\n{shown.strip()[:3000]}\n"
            "lab/lab up tries again; with an empty cloud: lab/lab down && lab/lab up"
        )


def initialise(public_key: str) -> dict[str, str]:
    """Prepare the working directory and return the environment for further commands."""
    env = environment(public_key)
    backend = [f"-backend-config={name}={value}" for name, value in BACKEND.items()]
    # The lock file in the repository is not the lab's to change.
    _run(["init", "-no-color", "-reconfigure", "-lockfile=readonly", *backend], env)
    _run(["workspace", "select", "-no-color", "-or-create", WORKSPACE], env)
    return env


def apply(profile: str, public_key: str) -> None:
    """Bring the cloud to what the root and the profile's tfvars say."""
    env = initialise(public_key)
    _run(["apply", "-no-color", "-auto-approve", "-parallelism=16", f"-var-file={variables_file(profile)}"], env)


def destroy(profile: str, public_key: str) -> None:
    """Let Terraform take down what it made."""
    env = initialise(public_key)
    _run(["destroy", "-no-color", "-auto-approve", "-parallelism=16", f"-var-file={variables_file(profile)}"], env)


def applied_marker() -> Path:
    """Return where the fingerprint of the last apply is kept."""
    return DATA / "applied"


def needs_apply(profile: str, public_key: str, api_pid: int) -> bool:
    """Return whether the inputs changed since the last apply, or the API is another one."""
    try:
        return applied_marker().read_text(encoding="utf-8") != _mark(profile, public_key, api_pid)
    except FileNotFoundError:
        return True


def note_applied(profile: str, public_key: str, api_pid: int) -> None:
    """Remember that the inputs as they are now were applied."""
    paths.write_private(applied_marker(), _mark(profile, public_key, api_pid))


def _mark(profile: str, public_key: str, api_pid: int) -> str:
    return f"{fingerprint(profile, public_key)} {api_pid}"
