"""A component reaches its declared state, or keeps the one before."""

import shutil
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import Unit
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import Probe
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

from .conftest import GROUP, USER, Host


def test_fresh_host_gets_everything(host: Host, make_archive) -> None:
    outcome = host.apply(archive=make_archive())
    assert outcome.changed and outcome.restarted
    assert host.live() == "one\n"
    assert (host.layout.archive / "app").is_file()
    assert host.layout.unit.read_text() == "[Service]\n"
    assert host.layout.wanted.resolve() == host.layout.unit.resolve()
    assert host.layout.applied.read_text().strip() == outcome.generation


def test_second_run_changes_nothing(host: Host, make_archive) -> None:
    archive = make_archive()
    host.apply(archive=archive)
    host.services.forget()
    before = host.listing()
    outcome = host.apply(archive=archive)
    assert not outcome.changed and outcome.difference.as_diff() == []
    assert host.services.log == [] and host.listing() == before


def test_change_restarts_once_and_keeps_the_previous_generation(host: Host) -> None:
    host.apply("one\n")
    host.services.forget()
    outcome = host.apply("two\n")
    assert outcome.restarted and host.services.log == ["daemon-reload", "restart"]
    assert host.services.runs == "two\n"
    host.apply("three\n")
    assert len(list(host.layout.generations.iterdir())) == 2


def test_reload_suffices_where_the_unit_reloads(host: Host) -> None:
    unit = Unit("[Service]\nExecReload=x\n", reloads=True)
    host.apply("one\n", unit=unit)
    host.services.forget()
    outcome = host.apply("two\n", unit=unit)
    assert outcome.reloaded and host.services.log == ["daemon-reload", "reload"] and host.services.runs == "two\n"


def test_paths_that_need_a_restart_get_one(host: Host) -> None:
    unit = Unit("[Service]\nExecReload=x\n", reloads=True)
    host.apply("one\n", unit=unit, restart_on=("app.conf",))
    assert host.apply("two\n", unit=unit, restart_on=("app.conf",)).restarted


def test_hand_edited_file_is_shown_and_restored(host: Host) -> None:
    host.apply()
    (host.layout.tree / "app.conf").write_text("hacked\n")
    (host.layout.tree / "extra").write_text("left behind\n")
    outcome = host.apply()
    shown = {entry["before_header"]: entry for entry in outcome.difference.as_diff()}
    assert shown["app: file app.conf"]["before"] == "hacked\n"
    assert shown["app: file extra"]["after"] == ""
    assert host.live() == "one\n" and not (host.layout.tree / "extra").exists()


def test_changed_mode_is_restored(host: Host) -> None:
    host.apply()
    (host.layout.tree / "app.conf").chmod(0o666)
    assert [change.subject for change in host.apply().difference.changes] == ["access to app.conf"]
    assert (host.layout.tree / "app.conf").stat().st_mode & 0o777 == 0o640


def test_stopped_unit_is_started(host: Host) -> None:
    host.apply()
    host.services.stop("app.service")
    outcome = host.apply()
    assert outcome.restarted and not outcome.difference.needs("reload")
    assert len(list(host.layout.generations.iterdir())) == 1


def test_removed_files_of_an_archive_are_fetched_again(host: Host, make_archive) -> None:
    archive = make_archive()
    host.apply(archive=archive)
    shutil.rmtree(host.layout.versions / archive.identity)
    assert host.apply(archive=archive).changed
    assert (host.layout.archive / "app").is_file()


def test_not_ready_brings_the_previous_generation_back(host: Host, make_archive) -> None:
    host.apply("one\n", archive=make_archive("1.0"))
    before = host.listing()
    with pytest.raises(Failure) as failure:
        host.apply("broken\n", archive=make_archive("1.1"))
    message = str(failure.value)
    assert "not ready after" in message and "app: cannot bind port" in message
    assert "version 1.0) is live again, and ready" in message
    assert host.live() == "one\n" and host.services.runs == "one\n"
    assert {path for path in host.listing() - before if "versions/" not in path} == set()
    assert not host.apply("one\n", archive=make_archive("1.0")).changed


def test_reload_that_breaks_is_rolled_back_by_a_reload(host: Host) -> None:
    unit = Unit("[Service]\nExecReload=x\n", reloads=True)
    host.apply("one\n", unit=unit)
    host.services.forget()
    with pytest.raises(Failure, match="live again, and ready"):
        host.apply("broken\n", unit=unit)
    assert host.services.log == ["daemon-reload", "reload"] * 2 and host.services.runs == "one\n"


def test_crashing_unit_is_not_waited_for(host: Host) -> None:
    host.apply("one\n")
    with pytest.raises(Failure, match=r"app\.service failed"):
        host.apply("crash\n", within=600)
    assert host.services.runs == "one\n"


def test_failed_first_install_leaves_nothing_running_or_enabled(host: Host) -> None:
    with pytest.raises(Failure, match="stopped and disabled again"):
        host.apply("broken\n")
    assert host.services.state("app.service").active == "inactive"
    left = (host.layout.unit, host.layout.wanted, host.layout.tree, host.layout.current)
    assert not any(path.is_symlink() or path.exists() for path in left)
    assert host.apply("one\n").restarted


def test_previous_generation_that_is_not_ready_either_is_said(host: Host) -> None:
    host.apply("one\n")
    probes = host.declare().probes
    (host.layout.tree / "app.conf").write_text("broken too\n")
    with pytest.raises(Failure, match="live again, but it is not ready either"):
        host.apply("broken\n", probes=probes)


def test_unchanged_component_that_does_not_answer_fails_with_its_log(host: Host, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    answer.touch()
    probes = (Probe("command", argv=("/bin/sh", "-c", f"test -e {answer}")),)
    host.apply(probes=probes)
    answer.unlink()
    with pytest.raises(Failure, match="as declared, yet not ready") as failure:
        host.apply(probes=probes)
    assert "cannot bind port" in str(failure.value)


def test_refusing_checker_is_quoted_and_nothing_is_staged(host: Host) -> None:
    host.apply("one\n")
    before = host.listing()
    checker = (("/bin/sh", "-c", "echo line 3 is wrong; exit 1"),)
    with pytest.raises(Failure, match="line 3 is wrong"):
        host.apply("two\n", validate=checker)
    assert host.live() == "one\n" and host.listing() == before


def test_checker_sees_the_staged_tree_and_comes_from_the_archive(host: Host, make_archive) -> None:
    script = b"#!/bin/sh\ngrep -q two $1\n"
    outcome = host.apply(
        "two\n", archive=make_archive(members={"appcheck": script}), validate=(("appcheck", "{tree}/app.conf"),)
    )
    assert outcome.changed


def test_missing_checker_is_a_failure(host: Host) -> None:
    with pytest.raises(Failure, match="cannot be checked: no-such-checker"):
        host.apply(validate=(("no-such-checker",),))


def test_defer_leaves_a_running_component_alone(host: Host) -> None:
    host.apply("one\n")
    before = host.listing()
    outcome = host.apply("two\n", defer=True)
    assert outcome.restart_pending and not outcome.changed and outcome.difference.changed
    assert host.live() == "one\n" and host.listing() == before


def test_deferred_component_tells_what_it_answers_now(host: Host) -> None:
    probe = Probe("command", argv=("/bin/cat", str(host.layout.tree / "app.conf")), match="^[a-z]+$")
    assert host.apply(probes=(probe,)).answers == ("one",)
    deferred = host.apply("two\n", probes=(probe,), defer=True)
    assert (deferred.restart_pending, deferred.answers) == (True, ("one",))


def test_restart_is_done_where_it_is_asked_for_and_deferred_as_any_other(host: Host) -> None:
    host.apply()
    host.services.forget()
    assert host.apply(restart=True, defer=True).restart_pending
    assert host.services.log == []
    outcome = host.apply(restart=True)
    assert (outcome.changed, outcome.restarted, host.services.log[-1]) == (True, True, "restart")
    assert not host.apply().changed


def test_another_archive_of_a_component_whose_program_is_run_is_a_restart(host: Host) -> None:
    archive = host.layout.beside("agents").archive
    with pytest.raises(Failure, match="runs programs of agents, which this host does not have"):
        host.apply(uses=("agents",))
    archive.parent.mkdir(parents=True)
    archive.symlink_to("../../versions/1.0-abc")
    assert host.apply(uses=("agents",)).restarted
    assert not host.apply(uses=("agents",)).changed
    archive.unlink()
    archive.symlink_to("../../versions/1.1-def")
    assert host.apply(uses=("agents",), defer=True).restart_pending
    assert host.apply(uses=("agents",)).restarted


def test_defer_applies_what_needs_no_restart(host: Host) -> None:
    unit = Unit("[Service]\nExecReload=x\n", reloads=True)
    host.apply("one\n", unit=unit)
    assert host.apply("two\n", unit=unit, defer=True).reloaded


def test_defer_installs_on_a_fresh_host(host: Host) -> None:
    assert host.apply(defer=True).restarted


def test_check_mode_on_a_fresh_host_touches_nothing(host: Host, make_archive, mirror) -> None:
    outcome = host.check(archive=make_archive(), validate=(("appcheck",),))
    assert outcome.changed and "check mode downloads nothing" in outcome.not_validated
    assert host.listing() == set() and mirror.requests == []


def test_check_mode_on_a_live_host_validates_and_touches_nothing(host: Host) -> None:
    host.apply("one\n")
    before = host.listing()
    outcome = host.check("two\n", validate=(("/bin/sh", "-c", "grep -q two {tree}/app.conf"),))
    assert outcome.changed and outcome.not_validated == "" and outcome.restarted
    with pytest.raises(Failure, match="refused by its checker"):
        host.check("two\n", validate=(("/bin/sh", "-c", "exit 1"),))
    assert host.listing() == before and host.live() == "one\n"


def test_check_mode_says_what_apply_does(host: Host) -> None:
    host.apply("one\n")
    said = host.check("two\n")
    done = host.apply("two\n")
    assert said.difference == done.difference and said.restarted == done.restarted


def test_secret_files_are_not_shown(host: Host) -> None:
    secret = TreeFile("password", b"hunter2\n", 0o640, USER, GROUP, secret=True)
    outcome = host.apply(files=(secret,))
    changed = host.apply(files=(TreeFile("password", b"hunter3\n", 0o640, USER, GROUP, secret=True),))
    gone = host.apply()
    for diff in (outcome.difference.as_diff(), changed.difference.as_diff(), gone.difference.as_diff()):
        assert "hunter" not in str(diff)
        assert any("password" in str(entry) for entry in diff)


def test_links_reach_the_live_tree_and_go_when_undeclared(host: Host) -> None:
    host.apply(links={"/etc/app.d/app.conf": "app.conf"})
    link = host.root / "etc/app.d/app.conf"
    assert link.read_text() == "one\n"
    assert not host.apply(links={"/etc/app.d/app.conf": "app.conf"}).changed
    host.apply()
    assert not link.is_symlink()


def test_foreign_file_where_a_link_belongs_is_refused(host: Host) -> None:
    foreign = host.root / "etc/app.d/app.conf"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("somebody's\n")
    with pytest.raises(Failure, match="does not belong to app"):
        host.apply(links={"/etc/app.d/app.conf": "app.conf"})
    assert foreign.read_text() == "somebody's\n" and not host.layout.home.exists()


def test_component_without_a_unit_applies_its_commands_only_on_change(host: Host, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    apply = (("/bin/sh", "-c", f"cat {host.layout.tree}/app.conf >> {trace}"),)
    for text in ("one\n", "one\n", "two\n"):
        host.apply(text, unit=None, apply=apply)
    assert trace.read_text() == "one\ntwo\n"


def test_failing_apply_command_rolls_back(host: Host) -> None:
    apply = (("/bin/sh", "-c", f"! grep -q bad {host.layout.tree}/app.conf"),)
    host.apply("one\n", unit=None, apply=apply)
    with pytest.raises(Failure, match="could not be applied"):
        host.apply("bad\n", unit=None, apply=apply)
    assert host.live() == "one\n"


def test_undeclared_unit_is_stopped_and_removed(host: Host) -> None:
    host.apply()
    host.services.forget()
    host.apply(unit=None, probes=())
    assert "stop" in host.services.log and not host.layout.unit.is_symlink()


def test_downgrade_needs_no_download(host: Host, make_archive, mirror) -> None:
    old, new = make_archive("1.0"), make_archive("1.1")
    host.apply(archive=old)
    host.apply(archive=new)
    host.apply("two\n", archive=new)
    asked = len(mirror.requests)
    assert host.apply(archive=old).version == "1.0"
    assert len(mirror.requests) == asked


def test_data_directory_is_made(host: Host) -> None:
    host.apply(data=("/var/lib/monitoring/app",))
    assert host.layout.data.stat().st_mode & 0o777 == 0o750
