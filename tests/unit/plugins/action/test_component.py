"""The task as a playbook runs it, in check mode on this machine: nothing is changed here."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"


@pytest.fixture
def run(tmp_path: Path):
    def play(task: dict[str, Any], *options: str, before: tuple[dict[str, Any], ...] = (), **variables: Any) -> str:
        component = {"name": "component_unit_test", "user": "root", **task}
        if "components" in task:
            component = task
        tasks = [*before, {"name": "Tried", "selfhosted.monitoring.component": component}]
        hosts = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        (tmp_path / "play.yml").write_text(json.dumps([{**hosts, "vars": variables}]))
        command = [str(PLAYBOOK), "-i", "localhost,", str(tmp_path / "play.yml"), "--check", "--diff", *options]
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, **settings}
        )
        return done.stdout + done.stderr

    return play


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    directory = tmp_path / "templates/etc"
    (directory / "sub").mkdir(parents=True)
    return directory


def test_tree_of_templates_and_files_is_rendered(run, templates: Path) -> None:
    (templates / "app.conf.j2").write_text("{% include '_head.j2' %}\n\nlisten {{ address }}\n")
    (templates / "_head.j2").write_text("# head of {{ inventory_hostname }}\n")
    (templates / "sub/plain.txt").write_text("{{ not rendered }}\n")
    output = run({"tree": {"templates": "etc"}}, address="[::1]:80")
    assert "+# head of localhost\n+listen [::1]:80\n" in output
    assert "file sub/plain.txt" in output and "+{{ not rendered }}" in output
    assert "file _head" not in output and "changed=1" in output


def test_template_of_one_number_is_its_text(run, templates: Path) -> None:
    (templates / "myid.j2").write_text("{{ number }}\n")
    assert "+3\n" in run({"tree": {"templates": "etc"}}, number=3)


def test_template_that_does_not_render_names_itself_and_the_variable(run, templates: Path) -> None:
    (templates / "app.conf.j2").write_text("fine\n{{ no_such_thing.deep }}\n")
    output = run({"tree": {"templates": "etc"}})
    assert "app.conf.j2 does not render" in output and "no_such_thing" in output and "failed=1" in output
    (templates / "app.conf.j2").write_text("{% if %}\n")
    assert "app.conf.j2 does not render" in run({"tree": {"templates": "etc"}})


def test_text_that_comes_from_a_host_or_a_tag_is_not_rendered(run, templates: Path) -> None:
    (templates / "tag.txt.j2").write_text("{{ tag.stdout }}\n")
    text = "{% raw %}{{ lookup('pipe', 'id') }}{% endraw %}"
    told = {"ansible.builtin.command": {"argv": ["echo", text]}, "register": "tag", "check_mode": False}
    output = run({"tree": {"templates": "etc"}}, before=(told,))
    assert "+{{ lookup('pipe', 'id') }}" in output and "uid=" not in output


@pytest.mark.parametrize("verbosity", ["-v", "-vvv"])
def test_secrets_are_in_no_output(run, verbosity: str) -> None:
    files = {
        "password": {"content": "hunter2-whole", "secret": True},
        "app.conf": "user app\npassword hunter2-inline\n",
    }
    output = run({"tree": {"files": files}, "secrets": ["{{ inline }}"]}, verbosity, inline="hunter2-inline")
    assert "file password (secret, not shown): new" in output and "+user app" in output
    assert "hunter2-whole" not in output and "password ********" in output
    assert "hunter2-inline" not in output.split("TASK [Tried]")[1]


def test_several_components_are_one_task(run) -> None:
    output = run({"components": [{"name": "unit_test_a"}, {"name": "unit_test_b", "tree": {"files": {"x": "y"}}}]})
    assert "unit_test_a: link" in output and "unit_test_b: file x" in output and "ok=1" in output


def test_mistake_in_one_of_several_names_it(run) -> None:
    assert "components[1]: nme" in run({"components": [{"name": "unit_test_a"}, {"nme": "x"}]})
    assert "stands alone" in run({"components": [{"name": "unit_test_a"}], "live": "defer"})
