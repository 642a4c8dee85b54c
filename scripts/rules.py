"""The checks of content/: Prometheus's own (`promtool`), for panels too, and what we ask of an alert beyond them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from localcloud.problems import LabError

from content.dashboards.__main__ import documents
from scripts.tools import tool

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "content" / "rules"
SEVERITIES = ("P0", "P1", "P2", "P3")
ANNOTATIONS = ("summary", "description", "runbook_url", "dashboard")

# What of a PromQL expression is not a metric's name: strings, matchers, ranges, the labels of a grouping, functions.
_NO_METRIC = re.compile(
    r"""
    "[^"]*" | '[^']*' | \{[^}]*\} | \[[^\]]*\]
    | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)
    | \b[a-z_]+(?=\s*(?:\(|(?:by|without)\s*\())
    | \b(?:and|or|unless|bool|offset|inf|nan)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w:.$])[a-zA-Z_:][\w:]*")
_COMMENT = re.compile(r"#.*")


def metrics(expression: str) -> set[str]:
    """Return the names of the metrics that a PromQL expression reads."""
    return set(_NAME.findall(_NO_METRIC.sub(" ", _COMMENT.sub("", expression))))


def rules(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rules of a rule file, alerts and recorded series alike."""
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def tests(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the test cases of all *_test.yml under a directory."""
    for file in sorted(directory.glob("*_test.yml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]


def faults(directory: Path = RULES, root: Path = ROOT) -> list[str]:
    """Return what the alerts under ``directory`` lack of what we ask of each; pages are looked for under ``root``."""
    cases = list(tests(directory / "tests"))
    found: list[str] = []
    seen: dict[str, Path] = {}
    for file in sorted(directory.glob("*.yml")):
        for alert in (rule for rule in rules(file) if "alert" in rule):
            name = alert["alert"]
            if name in seen:
                found.append(f"{file.name}: {name}: there is one of this name in {seen[name].name}")
            seen[name] = file
            found += [f"{file.name}: {name}: {fault}" for fault in (*_shape(alert, root), *_tested(name, cases))]
    pages = {page.stem for page in (root / "docs" / "runbooks").glob("*.md")} - {"README"}
    return found + [f"docs/runbooks/{page}.md: no alert is called so" for page in sorted(pages - set(seen))]


def _shape(alert: Mapping[str, Any], root: Path) -> Iterator[str]:
    """Yield what an alert's labels and annotations lack."""
    labels, annotations = alert.get("labels", {}), alert.get("annotations", {})
    if labels.get("severity") not in SEVERITIES:
        yield f"label severity is {labels.get('severity')}; it is one of {', '.join(SEVERITIES)}"
    if not labels.get("team"):
        yield "label team is missing"
    for annotation in ANNOTATIONS:
        if not annotations.get(annotation):
            yield f"annotation {annotation} is missing"
    if "$labels.deployment_region" not in annotations.get("description", ""):
        yield "the description does not name the region"
    page = f"docs/runbooks/{alert['alert']}.md"
    if annotations.get("runbook_url") != page:
        yield f"runbook_url is {annotations.get('runbook_url')}; it is {page}"
    elif not (root / page).exists():
        yield f"{page} is missing"


def _tested(alert: str, cases: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the tests of an alert, those whose name begins with the alert's, leave out."""
    own = [case for case in cases if case.get("name", "").partition(":")[0] == alert]
    checks = [check for case in own for check in case.get("alert_rule_test", ()) if check["alertname"] == alert]
    values = " ".join(str(series["values"]) for case in own for series in case["input_series"])
    if not any(check.get("exp_alerts") for check in checks):
        yield "no test in which it fires"
    if all(check.get("exp_alerts") for check in checks):
        yield "no test in which it does not fire"
    if not re.search(r"\bstale\b|(?:^|\s)_x", values):
        yield "no test in which data goes stale"


def panels() -> dict[str, list[str]]:
    """Return the expressions of all dashboards' panels, by "uid: panel"."""
    return {
        f"{uid}: {panel['title']}": [target["expr"] for target in panel["targets"]]
        for uid, text in documents().items()
        for panel in json.loads(text)["panels"]
        if "targets" in panel
    }


def panels_as_rules(file: Path) -> Path:
    """Write the panels' expressions as a rule file that promtool can check, and return it."""
    expressions = {expression for some in panels().values() for expression in some}
    recorded = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(sorted(expressions))
    ]
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), encoding="utf-8")
    return file


def main() -> int:
    """Run all checks; return how many failed."""
    found = faults()
    print(*found, sep="\n", end="\n" if found else "")
    failed = 1 if found else 0
    try:
        program = tool("promtool")
    except LabError as error:
        print(error)
        return failed + 1
    files, cases = sorted(map(str, RULES.glob("*.yml"))), sorted(map(str, RULES.glob("tests/*_test.yml")))
    with tempfile.TemporaryDirectory() as directory:
        expressions = str(panels_as_rules(Path(directory) / "panels.yml"))
        for check in (["check", "rules", *files, expressions], ["test", "rules", *cases]):
            print(f"$ promtool {' '.join(check)}", flush=True)
            failed += subprocess.run([program, *check], cwd=ROOT, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
