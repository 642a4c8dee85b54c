"""A configuration tree is seen whole, the old one or the new one."""

import grp
import os
import pwd
import signal
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree, TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.modules.config_tree import bring

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name


def _tree(**files: str) -> Tree:
    entries = [TreeFile(path.replace("_", "."), text.encode(), 0o640, USER, GROUP) for path, text in files.items()]
    return Tree(tuple(entries), USER, GROUP)


def _bring(dest: Path, tree: Tree, validate=(), adopt: bool = False, check: bool = False) -> dict:
    return bring(dest, tree, validate, adopt, check)


def _seen(dest: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in dest.iterdir()}


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "etc/app"


def test_tree_is_promoted_purged_and_kept(dest: Path) -> None:
    assert _bring(dest, _tree(a_yml="1", b_yml="2"))["changed"]
    assert not _bring(dest, _tree(a_yml="1", b_yml="2"))["changed"]
    assert _bring(dest, _tree(a_yml="3"))["changed"]
    assert _seen(dest) == {"a.yml": "3"}
    assert len(list((dest.parent / ".app.generations").iterdir())) == 2


def test_refusing_validator_is_quoted(dest: Path) -> None:
    _bring(dest, _tree(a_yml="1"))
    with pytest.raises(Failure, match="line 2: no"):
        _bring(dest, _tree(a_yml="2"), validate=(("/bin/sh", "-c", "echo line 2: no; exit 1"),))
    assert _seen(dest) == {"a.yml": "1"}


def test_check_mode_touches_nothing(dest: Path) -> None:
    answer = _bring(dest, _tree(a_yml="1"), validate=(("no-such-checker",),), check=True)
    assert answer["changed"] and answer["not_validated"] == "no-such-checker is not on the host yet"
    assert not dest.parent.exists()


def test_foreign_directory_is_refused_or_adopted(dest: Path) -> None:
    dest.mkdir(parents=True)
    (dest / "old.yml").write_text("old")
    with pytest.raises(Failure, match="adopt: true"):
        _bring(dest, _tree(a_yml="1"))
    answer = _bring(dest, _tree(a_yml="1"), adopt=True)
    assert "old.yml (removed)" in str(answer["diff"]) and _seen(dest) == {"a.yml": "1"}
    kept = sorted((dest.parent / ".app.generations").iterdir())[0]
    assert (kept / "old.yml").read_text() == "old"


def test_foreign_link_is_refused(dest: Path, tmp_path: Path) -> None:
    dest.parent.mkdir(parents=True)
    dest.symlink_to(tmp_path)
    with pytest.raises(Failure, match="did not make"):
        _bring(dest, _tree(a_yml="1"))


@pytest.mark.parametrize("adopted", [True, False])
def test_kill_at_any_step_shows_the_old_or_the_new_tree(tmp_path: Path, adopted: bool) -> None:
    for step in range(1, 100):
        dest = tmp_path / str(step) / "app"
        if adopted:
            dest.mkdir(parents=True)
            for name in ("a.yml", "b.yml"):
                (dest / name).write_text("old")
        else:
            _bring(dest, _tree(a_yml="old", b_yml="old"))
        child = os.fork()
        if child == 0:
            steps = iter(range(1, 1000))
            atomic.observe_steps(lambda _name: next(steps) == step and os.kill(os.getpid(), signal.SIGKILL))  # noqa: B023
            _bring(dest, _tree(a_yml="new", b_yml="new"), adopt=True)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        assert _seen(dest) in ({"a.yml": "old", "b.yml": "old"}, {"a.yml": "new", "b.yml": "new"})
        _bring(dest, _tree(a_yml="new", b_yml="new"), adopt=True)
        assert _seen(dest) == {"a.yml": "new", "b.yml": "new"}
        if not os.WIFSIGNALED(status):
            assert step > 5
            return
    pytest.fail("the run never ended")
