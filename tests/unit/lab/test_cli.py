import pytest
from localcloud import faults
from localcloud.cli import main, parser


def test_every_fault_kind_is_explained_by_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fault", "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(kind in out for kind in faults.KINDS)


def test_unknown_fault_is_refused_with_the_kinds_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fault", "explode", "us-east-1"])
    assert ended.value.code == 2
    assert "blackhole" in capsys.readouterr().err


def test_remote_command_is_taken_whole() -> None:
    given = parser().parse_args(["ssh", "node-1.us-east-1", "--", "systemctl", "status", "--no-pager"])
    assert given.host == "node-1.us-east-1"
    assert given.remote[-3:] == ["systemctl", "status", "--no-pager"]
