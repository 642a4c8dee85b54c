"""Bad input to `component` on a real machine: each is refused by name, and what ran goes on running."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.lab import authorities
from tests.lab.running_lab import PLAYS, Lab

pytestmark = pytest.mark.fault

MESSAGES = {
    "wrong_sha256": r"whole\.tar\.gz.*sha256.*0{64}",
    "truncated": r"truncated\.tar\.gz.*sha256",
    "truncated_with_its_own_sha256": r"truncated\.tar\.gz.*(truncated|damaged|cut|end)",
    "missing": r"nowhere\.tar\.gz",
    "template": r"victim\.yml\.j2 does not render.*no_such_variable",
    "validator": r"web\.yml: unknown key changed",
    "expired_authority": r"expired authority.*expired on",
    "foreign_authority": r"foreign authority.*none of the trusted authorities.*trusted authority",
    "full_disk": r"no space on the file system of /opt/monitoring/victim_full",
    "not_ready": r"not ready.*19999[\s\S]*Last log lines of victim\.service[\s\S]*live again, and ready",
    "crashing": r"victim\.service[\s\S]*unknown long flag '--no-such-flag'[\s\S]*live again, and ready",
}


@pytest.fixture(scope="module")
def outcome(lab: Lab, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """All refusals of one run on one machine."""
    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    home = tmp_path_factory.mktemp("authorities")
    patch.setenv("TEST_AUTHORITIES", str(authorities.make(home)))
    answers = home / "answers.json"
    patch.setenv("TEST_ANSWERS", str(answers))
    machine = lab.machines[-1]
    run = lab.playbook(PLAYS / "refusals.yml", "-l", machine.name)
    assert answers.exists(), run.output[-6000:]
    return dict(json.loads(answers.read_text()))


@pytest.mark.parametrize("case", MESSAGES)
def test_wrong_declaration_is_refused_by_name(outcome: dict[str, Any], case: str) -> None:
    assert case in outcome["answers"], "was not refused"
    message = outcome["answers"][case]
    assert re.search(MESSAGES[case], message, re.S), message


def test_refused_declarations_change_nothing_that_is_live(outcome: dict[str, Any]) -> None:
    assert outcome["states"]["after"] == outcome["states"]["before"]


def test_rolled_back_component_runs_its_old_generation(outcome: dict[str, Any]) -> None:
    generation, answers = outcome["states"]["end"]
    assert generation == outcome["states"]["before"].splitlines()[1]
    assert answers == "1" or int(answers) > 0


def test_private_keys_stay_out_of_messages(outcome: dict[str, Any]) -> None:
    assert "PRIVATE KEY" not in json.dumps(outcome)
