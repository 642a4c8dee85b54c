from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.filter.unfinished_hosts import unfinished_hosts

OUTCOMES = ["host_outcome", "exporters_outcome"]


def unfinished(**hostvars: dict[str, Any]) -> list[str]:
    return unfinished_hosts(list(hostvars), hostvars, OUTCOMES)


def test_failed_and_unreachable_hosts_are_in_doubt() -> None:
    failed: dict[str, Any] = {"host_outcome": {"changed": True}, "exporters_outcome": {"failed": True}}
    unreachable: dict[str, Any] = {"host_outcome": {"unreachable": True}}
    assert unfinished(a=failed, b=unreachable) == ["a", "b"]


def test_host_that_finished_is_not_in_doubt() -> None:
    assert unfinished(a={"host_outcome": {"failed": False}, "exporters_outcome": {"restart_pending": True}}) == []


def test_host_outside_the_limit_is_not_in_doubt() -> None:
    assert unfinished(a={}) == []
