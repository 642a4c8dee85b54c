"""Packages that a component stands on are told apart from those that are missing."""

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import packages
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure


def test_missing_package_is_told_beside_one_that_is_there() -> None:
    assert packages.missing(["dpkg", "no-such-package", "libc6"]) == ["no-such-package"]
    assert packages.installer() == "apt"


def test_nothing_declared_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert packages.missing([]) == []


def test_host_without_a_package_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failure, match="neither dpkg nor rpm"):
        packages.missing(["openjdk-17-jre-headless"])
