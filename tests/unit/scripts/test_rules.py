"""Conventions of alerts: each breach is named with the alert and the file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import rules

ALERT: dict[str, Any] = {
    "alert": "DiskFull",
    "expr": "a > 0",
    "labels": {"severity": "P1", "team": "platform"},
    "annotations": {
        "summary": "Full",
        "description": "Full in {{ $labels.deployment_region }}",
        "runbook_url": "docs/runbooks/DiskFull.md",
        "dashboard": "/d/disk",
    },
}
CASE: dict[str, Any] = {
    "name": "DiskFull: at once",
    "input_series": [{"series": "a", "values": "0 1 stale"}],
    "alert_rule_test": [
        {"eval_time": "0m", "alertname": "DiskFull", "exp_alerts": []},
        {"eval_time": "1m", "alertname": "DiskFull", "exp_alerts": [{"exp_labels": {}}]},
    ],
}


def found(
    root: Path, alert: dict[str, Any], *cases: dict[str, Any], pages: tuple[str, ...] = ("DiskFull",)
) -> list[str]:
    """Lay a tree with one alert, its tests and pages, and return the faults."""
    directory, books = root / "rules", root / "docs" / "runbooks"
    (directory / "tests").mkdir(parents=True)
    books.mkdir(parents=True)
    (directory / "disk.yml").write_text(yaml.safe_dump({"groups": [{"name": "disk", "rules": [alert]}]}))
    (directory / "tests" / "disk_test.yml").write_text(yaml.safe_dump({"tests": list(cases)}))
    for page in pages:
        (books / f"{page}.md").touch()
    return rules.faults(directory, root)


def with_part(part: str, key: str, value: Any) -> dict[str, Any]:
    return {**ALERT, part: {**ALERT[part], key: value}}


def test_alert_that_has_everything_is_fine(tmp_path: Path) -> None:
    assert found(tmp_path, ALERT, CASE) == []


@pytest.mark.parametrize(
    ("alert", "fault"),
    [
        (with_part("labels", "severity", "critical"), "label severity is critical; it is one of P0, P1, P2, P3"),
        (with_part("labels", "team", ""), "label team is missing"),
        (with_part("annotations", "summary", ""), "annotation summary is missing"),
        (with_part("annotations", "description", "Full"), "the description does not name the region"),
        (
            with_part("annotations", "runbook_url", "docs/x.md"),
            "runbook_url is docs/x.md; it is docs/runbooks/DiskFull.md",
        ),
    ],
)
def test_what_an_alert_lacks_is_named(tmp_path: Path, alert: dict[str, Any], fault: str) -> None:
    assert found(tmp_path, alert, CASE) == [f"disk.yml: DiskFull: {fault}"]


def test_page_is_missing_and_another_has_no_alert(tmp_path: Path) -> None:
    assert found(tmp_path, ALERT, CASE, pages=("README", "Retired")) == [
        "disk.yml: DiskFull: docs/runbooks/DiskFull.md is missing",
        "docs/runbooks/Retired.md: no alert is called so",
    ]


def test_alert_without_a_test(tmp_path: Path) -> None:
    assert found(tmp_path, ALERT, {**CASE, "name": "Other: at once"}) == [
        "disk.yml: DiskFull: no test in which it fires",
        "disk.yml: DiskFull: no test in which it does not fire",
        "disk.yml: DiskFull: no test in which data goes stale",
    ]


def test_alert_that_is_never_seen_silent_or_stale(tmp_path: Path) -> None:
    case = {**CASE, "input_series": [{"series": "a", "values": "1x9"}], "alert_rule_test": CASE["alert_rule_test"][1:]}
    assert found(tmp_path, ALERT, case) == [
        "disk.yml: DiskFull: no test in which it does not fire",
        "disk.yml: DiskFull: no test in which data goes stale",
    ]


def test_every_alert_of_the_collection_keeps_the_conventions() -> None:
    assert rules.faults() == []
