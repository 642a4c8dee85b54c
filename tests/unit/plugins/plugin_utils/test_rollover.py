"""An authority gives way to the next one in three steps, each of which can be cut off and taken again."""

import errno
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import authorities, rollover, signing
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.signing import SigningError

from tests.unit.killing import run_and_kill

FIRST, SECOND = "CN=monitoring authority", "CN=monitoring authority 2"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return _authority(tmp_path / "ca")


def _authority(directory: Path) -> Path:
    authorities.authority(_settings(directory), str, "a test")
    return directory


def _settings(directory: Path) -> dict[str, str]:
    return {"kind": "deployment", "directory": str(directory)}


def _roll(directory: Path, *steps: str, check: bool = False) -> list[bool]:
    outcomes = [rollover.roll(_settings(directory), step, str, check) for step in steps]
    return [outcome.before != outcome.after for outcome in outcomes]


def _text(directory: Path) -> list[str]:
    return rollover.read(directory).text().splitlines()


def _files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}


def test_three_steps_lead_to_the_next_authority_and_leave_nothing_else(directory: Path) -> None:
    former = (directory / "ca.key").read_bytes()
    assert _roll(directory, "introduce") == [True]
    assert _text(directory) == [f"{FIRST}: signs", f"{SECOND}: signs next"]
    following = (directory / "next.key").read_bytes()
    assert _roll(directory, "switch") == [True]
    assert _text(directory) == [f"{FIRST}: retires", f"{SECOND}: signs"]
    assert (directory / "ca.key").read_bytes() == following != former
    assert former not in _files(directory).values()
    assert _roll(directory, "retire") == [True]
    assert _text(directory) == [f"{SECOND}: signs"]
    assert sorted(_files(directory)) == ["ca.key", "ca.pem"]
    assert stat.S_IMODE((directory / "ca.key").stat().st_mode) == 0o600


def test_next_key_is_for_its_owner_only(directory: Path) -> None:
    _roll(directory, "introduce")
    assert stat.S_IMODE((directory / "next.key").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (directory / "ca.pem").read_bytes() + (directory / "retiring.pem").read_bytes()


def test_steps_that_were_taken_change_nothing(directory: Path) -> None:
    assert _roll(directory, "switch", "retire") == [False, False]
    _roll(directory, "introduce")
    files = _files(directory)
    assert _roll(directory, "introduce") == [False] and _files(directory) == files
    _roll(directory, "switch")
    files = _files(directory)
    assert _roll(directory, "introduce", "switch") == [False, False] and _files(directory) == files
    _roll(directory, "retire")
    assert _roll(directory, "retire", "switch") == [False, False]


def test_each_authority_of_a_row_has_a_subject_of_its_own(directory: Path) -> None:
    _roll(directory, *rollover.STEPS, *rollover.STEPS, "introduce")
    assert _text(directory) == ["CN=monitoring authority 3: signs", "CN=monitoring authority 4: signs next"]


def test_authorities_that_the_user_trusts_besides_stay(directory: Path, tmp_path: Path) -> None:
    foreign = signing.new_authority("of a partner", 365, signing.new_key())
    with (directory / "ca.pem").open("ab") as bundle:
        bundle.write(foreign)
    assert _roll(directory, *rollover.STEPS) == [True, True, True]
    assert _text(directory) == ["CN=of a partner: trusted", f"{SECOND}: signs"]


def test_retirement_before_the_switch_is_refused(directory: Path) -> None:
    _roll(directory, "introduce")
    with pytest.raises(SigningError, match="take step switch first"):
        _roll(directory, "retire")


def test_key_that_no_host_can_trust_yet_never_signs(directory: Path) -> None:
    (directory / "next.key").write_bytes(signing.new_key())
    with pytest.raises(SigningError, match="take step introduce again"):
        _roll(directory, "switch")


def test_next_key_that_was_lost_is_missed_by_every_step(directory: Path) -> None:
    _roll(directory, "introduce")
    (directory / "next.key").unlink()
    for step in rollover.STEPS:
        with pytest.raises(SigningError, match=r"next.key is gone.*Put it back"):
            _roll(directory, step)


def test_next_key_that_signs_already_is_refused(directory: Path) -> None:
    _roll(directory, "introduce")
    (directory / "ca.key").write_bytes((directory / "next.key").read_bytes())
    with pytest.raises(SigningError, match=r"is the same as ca\.key"):
        _roll(directory, "introduce")


def test_switch_names_the_one_to_retire_if_its_record_was_lost(directory: Path) -> None:
    _roll(directory, "introduce")
    (directory / "retiring.pem").unlink()
    _roll(directory, "switch", "retire")
    assert _text(directory) == [f"{SECOND}: signs"]


def test_links_are_not_replaced_by_files(directory: Path, tmp_path: Path) -> None:
    (directory / "ca.key").rename(tmp_path / "elsewhere.key")
    (directory / "ca.key").symlink_to(tmp_path / "elsewhere.key")
    with pytest.raises(SigningError, match="is a link"):
        _roll(directory, "introduce")


def test_authority_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="is not there"):
        _roll(tmp_path / "ca", "introduce", check=True)
    with pytest.raises(SigningError, match="is not there"):
        _roll(tmp_path / "ca", "introduce")
    assert not (tmp_path / "ca").exists()


def test_other_kinds_are_told_what_to_do(tmp_path: Path) -> None:
    settings = {"kind": "command", "command": ["sign"], "ca": str(tmp_path / "ca.pem")}
    with pytest.raises(SigningError, match=r"beside the present one .* rotate_certificates.yml"):
        rollover.roll(settings, "introduce", str, False)


@pytest.mark.parametrize("taken", [(), ("introduce",), ("introduce", "switch")])
def test_check_mode_tells_and_writes_nothing(directory: Path, taken: tuple[str, ...]) -> None:
    _roll(directory, *taken)
    files = _files(directory)
    assert _roll(directory, rollover.STEPS[len(taken)], check=True) == [True]
    assert _files(directory) == files


@pytest.mark.parametrize(("taken", "steps"), [((), 10), (("introduce",), 2), (("introduce", "switch"), 6)])
def test_kill_at_any_point_leaves_an_authority_that_signs_and_the_rollover_goes_on(
    tmp_path: Path, taken: tuple[str, ...], steps: int
) -> None:
    step = 0
    killed = True
    while killed:
        step += 1
        directory = _authority(tmp_path / f"ca{step}")
        _roll(directory, *taken)
        before = {line.split(":")[0] for line in _text(directory)}
        killed = run_and_kill(step, lambda: _roll(directory, rollover.STEPS[len(taken)]))  # noqa: B023
        source = authorities.authority(_settings(directory), str, "a test")
        assert source.issuer, "ca.key belongs to a certificate in ca.pem"
        assert before & {line.split(":")[0] for line in _text(directory)}, "hosts find one that they trust"
        _roll(directory, *rollover.STEPS)  # the playbook, run again from its first step
        assert len(_text(directory)) == 1
        assert sorted(_files(directory)) == ["ca.key", "ca.pem"]
    assert step > steps


def test_full_disk_at_any_point_is_gone_on_from(directory: Path) -> None:
    for wanted in range(1, 30):
        seen = 0

        def fill(_name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == wanted:  # noqa: B023 - called in this round only
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        atomic.observe_steps(fill)
        try:
            _roll(directory, "introduce")
        except OSError:
            continue
        finally:
            atomic.observe_steps(None)
        break
    assert _text(directory) == [f"{FIRST}: signs", f"{SECOND}: signs next"]
