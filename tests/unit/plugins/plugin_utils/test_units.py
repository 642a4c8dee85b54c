"""Units are hardened unless told otherwise, and say exactly what was declared."""

import pytest
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.units import UnitDeclaration, command_line, render


def _lines(**values) -> list[str]:
    return render(UnitDeclaration("app", ["/opt/app", "--flag"], "app", **values)).splitlines()


def test_unit_is_hardened_by_default() -> None:
    lines = _lines()
    hardened = {"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes"}
    assert hardened <= set(lines)
    assert {"SystemCallFilter=@system-service", "UMask=0027", "User=app", "WantedBy=multi-user.target"} <= set(lines)


def test_limits_are_systemds() -> None:
    lines = _lines(limits={"cpu": 0.5, "memory": "512M", "tasks": 100, "files": 1000})
    assert {"CPUQuota=50%", "MemoryMax=512M", "TasksMax=100", "LimitNOFILE=1000"} <= set(lines)


def test_jvm_may_write_the_code_it_runs_and_end_by_sigterm() -> None:
    assert {"MemoryDenyWriteExecute=no", "SuccessExitStatus=143"} <= set(_lines(jvm=True))


def test_sections_override_repeat_and_remove() -> None:
    service = {"ProtectProc": None, "PrivateDevices": False, "ExecStartPre": ["/bin/a", "/bin/b"]}
    lines = _lines(sections={"Service": service, "Unit": {"After": "zookeeper.service"}})
    assert not any(line.startswith("ProtectProc") for line in lines)
    assert "PrivateDevices=no" in lines and "After=zookeeper.service" in lines
    assert [line for line in lines if line.startswith("ExecStartPre")] == ["ExecStartPre=/bin/a", "ExecStartPre=/bin/b"]


def test_capabilities_are_kept_and_bounded() -> None:
    lines = _lines(capabilities=["CAP_NET_RAW"])
    assert "CapabilityBoundingSet=CAP_NET_RAW" in lines and "AmbientCapabilities=CAP_NET_RAW" in lines


def test_environment_is_quoted_and_sorted() -> None:
    lines = _lines(environment={"B": "two words", "A": "100%"})
    assert [line for line in lines if line.startswith("Environment")] == [
        "Environment=A=100%%",
        'Environment="B=two words"',
    ]


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["/bin/a", "--x=1"], "/bin/a --x=1"),
        (["/bin/a", "two words"], '/bin/a "two words"'),
        (["/bin/a", ""], '/bin/a ""'),
        (["/bin/a", 'say "hi"', "back\\slash"], '/bin/a "say \\"hi\\"" "back\\\\slash"'),
        (["/bin/a", "$HOME", "100%"], "/bin/a $$HOME 100%%"),
        (["/bin/a", "a;b", "(x|y)"], '/bin/a "a;b" "(x|y)"'),
    ],
)
def test_arguments_reach_the_program_as_declared(argv: list[str], line: str) -> None:
    assert command_line(argv) == line


def test_main_process_stays_a_variable_in_a_reload_only() -> None:
    assert command_line(["/bin/kill", "-HUP", "$MAINPID"], variables=True) == "/bin/kill -HUP $MAINPID"


def test_line_break_in_a_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        _lines(description="a\nExecStartPre=/bin/evil")
