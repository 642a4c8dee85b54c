"""The task as a playbook runs it, on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import authorities

CHECKOUT = Path(__file__).resolve().parents[4]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"


@pytest.fixture
def run(tmp_path: Path):
    def play(task: dict[str, Any], *options: str) -> str:
        tasks = [{"name": "Tried", "selfhosted.monitoring.certificate_authority": task}]
        hosts = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
        (tmp_path / "play.yml").write_text(json.dumps([hosts]))
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        command = [str(PLAYBOOK), "-i", "localhost,", str(tmp_path / "play.yml"), "--diff", "-v", *options]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, **settings}
        )
        return done.stdout + done.stderr

    return play


@pytest.fixture
def authority(tmp_path: Path) -> dict[str, str]:
    settings = {"kind": "deployment", "directory": str(tmp_path / "ca")}
    authorities.authority(settings, str, "a test")
    return settings


def test_check_mode_shows_names_and_makes_nothing(run, authority: dict[str, str], tmp_path: Path) -> None:
    output = run({"authority": authority, "step": "introduce"}, "--check")
    assert "+CN=monitoring authority 2: signs next" in output and "changed=1" in output
    assert not (tmp_path / "ca/next.key").exists()


def test_step_is_taken_by_a_path_beside_the_playbook_and_shows_no_key(run, authority: dict[str, str]) -> None:
    output = run({"authority": {**authority, "directory": "ca"}, "step": "introduce"}, "-vvv")
    assert '"signs": "CN=monitoring authority"' in output and "changed=1" in output
    assert "PRIVATE" not in output and "BEGIN" not in output
    assert "changed=0" in run({"authority": authority, "step": "introduce"})


def test_mistake_is_named(run, authority: dict[str, str]) -> None:
    assert "introduce, switch, retire" in run({"authority": authority, "step": "rotate"})
    assert "certificate_authority" in run({"authority": {"kind": "magic"}, "step": "switch"})
    run({"authority": authority, "step": "introduce"})
    assert "take step switch first" in run({"authority": authority, "step": "retire"})
