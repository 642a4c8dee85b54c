"""The collection's own playbook on the lab's machines."""

import hashlib
import os
import shutil
from pathlib import Path

from localcloud import paths, services, terraform
from localcloud.problems import LabError
from localcloud.processes import Process

DONE = paths.STATE / "site"
CHECKSUMS = paths.STATE / "checksums.yml"
ENVIRONMENT = paths.STATE / "environment"
PROFILE = paths.STATE / "profile"
PROFILES = ("compact", "single")

_SOURCES = ("roles", "playbooks", "plugins", "inventories")


def profile() -> str:
    """Return the profile that the lab was brought up with, `compact` where it was not."""
    try:
        return PROFILE.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return PROFILES[0]


def inventory(of_profile: str) -> Path:
    """Return the inventory source of a profile."""
    folder = "lab" if of_profile == "compact" else f"lab-{of_profile}"
    return paths.CHECKOUT / "inventories" / folder / "lab.ec2_topology.yml"


def environment() -> dict[str, str]:
    """Return the variables that any Ansible command on the lab needs."""
    return {"ANSIBLE_CONFIG": str(paths.CHECKOUT / "ansible.cfg"), **terraform.aws_environment("inventory")}


def write_environment() -> None:
    """Write the variables as a file for a shell, so that `ansible` works by hand."""
    lines = [f"export {name}='{value}'\n" for name, value in environment().items()]
    paths.write_private(ENVIRONMENT, "# . lab/.state/environment\n" + "".join(lines))


def publish_checksums() -> None:
    """Hand the checksums of the mirror's own archives to the inventory."""
    made = services.MIRROR_DIRECTORY / "checksums.yml"
    if not made.exists():
        raise LabError(f"{made} is missing: the mirror is not filled; run lab/lab artifacts")
    shutil.copyfile(made, CHECKSUMS)


def fingerprint(instances: list[str], of_profile: str) -> str:
    """Return a hash of the playbook's inputs: the collection's files, the checksums and the machines."""
    digest = hashlib.sha256(f"{of_profile} {' '.join(sorted(instances))}".encode())
    files = [
        f for folder in _SOURCES for f in (paths.CHECKOUT / folder).rglob("*") if f.is_file() and f.suffix != ".pyc"
    ]
    for file in sorted([*files, *([CHECKSUMS] if CHECKSUMS.exists() else [])]):
        digest.update(str(file.relative_to(paths.CHECKOUT)).encode() + file.read_bytes())
    return digest.hexdigest()


def done() -> bool:
    """Return whether the playbook has been run to its end in this lab."""
    return DONE.exists()


def needs_run(mark: str) -> bool:
    """Return whether the playbook's inputs changed since it was last run to its end."""
    return not DONE.exists() or DONE.read_text(encoding="utf-8") != mark


def run(of_profile: str) -> str:
    """Run site.yml and return the end of its output; raises LabError with it where a task failed."""
    process = Process("site")
    offset = process.log.stat().st_size if process.log.exists() else 0
    env = {**environment(), "PATH": f"{paths.VENV_BIN}:{os.environ['PATH']}"}
    playbook = str(paths.CHECKOUT / "playbooks" / "site.yml")
    DONE.unlink(missing_ok=True)
    argv = [str(paths.VENV_BIN / "ansible-playbook"), "-i", str(inventory(of_profile)), playbook]
    code = process.run(argv, env)
    with process.log.open("rb") as log:
        log.seek(offset)
        output = log.read().decode(errors="replace")
    if code:
        raise LabError(f"site.yml failed ({process.log} has all of it):\n{output[-4000:].strip()}")
    recap = output.find("PLAY RECAP")
    return output[recap:].strip() if recap >= 0 else output[-1500:].strip()


def note_done(mark: str) -> None:
    """Remember that the playbook was run to its end with these inputs."""
    paths.write_private(DONE, mark)
