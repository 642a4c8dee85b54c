"""Passwords and private keys: in no output, process list, journal or file that anybody may read."""

from __future__ import annotations

import json
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.lab import secret_places
from tests.lab.remote_python import ask
from tests.lab.running_lab import ROOT, STATE, Lab, Machine, Run

PLACES = Path(secret_places.__file__)
WATCHED = 6.0
"""Seconds for which a machine's process list is watched during a run."""


def passwords() -> dict[str, str]:
    return dict(yaml.safe_load((STATE / "secrets.yml").read_text())["kafka_passwords"])


def places(machine: Machine, wanted: list[str], seconds: float = 0) -> list[str]:
    return list(ask(machine, PLACES, {"secrets": wanted, "seconds": seconds}))


@dataclass
class Rotation:
    """A run with passwords old and new, and the places where they showed meanwhile."""

    run: Run
    shown: list[str]
    passwords: list[str] = field(repr=False)


@pytest.fixture(scope="module")
def rotation(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Rotation:
    """A run that would change every password, with the most talk that Ansible has.

    It is in check mode and changes nothing; its differences are of all files with passwords in them.
    """
    __tracebackhide__ = True  # passwords are among the variables
    old = passwords()
    new = {user: secrets.token_hex(16) for user in old}
    # Those that the run itself logs in with keep their first password, as in a rotation.
    both = {user: {"SCRAM-SHA-512": old[user], "SCRAM-SHA-256": new[user]} for user in ("broker", "admin")}
    variables = tmp_path_factory.mktemp("passwords") / "passwords.json"
    variables.touch(mode=0o600)
    variables.write_text(json.dumps({"kafka_passwords": {**new, **both}}))
    machine = lab.machines[-1]
    wanted = [*old.values(), *new.values()]
    with ThreadPoolExecutor(1) as pool:
        watched = pool.submit(places, machine, wanted, WATCHED)
        flags = ["--check", "--diff", "-vvv", "-e", f"@{variables}", "-l", machine.name, "--tags", "kafka"]
        run = lab.playbook(ROOT / "playbooks" / "transport.yml", *flags)
        return Rotation(run, watched.result(), wanted)


def test_search_finds_what_shows(lab: Lab) -> None:
    machine, mark = lab.machines[-1], secrets.token_hex(8)
    file = f"/tmp/{mark}"
    lab.run(machine, f"echo {mark} > {file}; logger {mark}; sh -c 'sleep 3; : {mark}' > /dev/null 2>&1 &")
    try:
        assert places(machine, [mark], 0.1) == [file, "journal", "process sh"]
    finally:
        lab.run(machine, f"rm {file}")


def test_run_that_changes_every_password_says_none(rotation: Rotation) -> None:
    said = rotation.run.succeeded().output
    # It did differ, and it was about files and users with passwords.
    assert "secrets.properties" in said
    assert "another password" in said
    assert [index for index, secret in enumerate(rotation.passwords) if secret in said] == []
    assert "PRIVATE KEY" not in said


def test_run_shows_no_password_in_process_list_journal_and_open_files(rotation: Rotation) -> None:
    assert rotation.shown == []


def test_no_machine_shows_a_secret(lab: Lab, every_machine: list[Machine]) -> None:
    wanted = list(passwords().values())
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda one: places(one, wanted), every_machine)
        shown = dict(zip([one.name for one in every_machine], found, strict=True))
    assert shown == {machine: [] for machine in shown}


def test_what_the_lab_keeps_is_for_its_owner_alone() -> None:
    """And git does not know it."""
    kept = [STATE / "secrets.yml", *STATE.rglob("*.key")]
    assert [str(path) for path in kept if path.stat().st_mode & 0o077] == []
    tracked = subprocess.run(["git", "ls-files", *kept], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert tracked == ""
