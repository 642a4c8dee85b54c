"""What rules and panels ask for is what the exporters tell: scrapes/ are trimmed answers of the real ones."""

import re
from pathlib import Path

import pytest

from scripts.rules import RULES, metrics, panels, rules

SCRAPES = Path(__file__).with_name("scrapes")
# Prometheus makes these itself.
MADE_BY_PROMETHEUS = {"up"}

ALL_RULES = [(file.stem, rule) for file in sorted(RULES.glob("*.yml")) for rule in rules(file)]
EXPRESSIONS = {
    f"{file}: {rule.get('alert', rule.get('record'))}": [rule["expr"]] for file, rule in ALL_RULES
} | panels()


def told() -> set[str]:
    """Names of all metrics of the scrapes."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in SCRAPES.glob("*.prom"))
    return set(re.findall(r"^([a-zA-Z_:][\w:]*)", text, re.MULTILINE))


@pytest.mark.parametrize("place", EXPRESSIONS)
def test_only_metrics_that_exist_are_asked_for(place: str) -> None:
    recorded = {rule["record"] for _file, rule in ALL_RULES if "record" in rule}
    asked = {name for expression in EXPRESSIONS[place] for name in metrics(expression)}
    assert asked
    assert asked - told() - recorded <= MADE_BY_PROMETHEUS


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum by (region, job) (rate(a_total{job=~'b|c', x=\"up > 0\"}[5m])) > 0", {"a_total"}),
        ("max by (region) (a) and on (instance) b:c:d == 0 unless d offset 1h", {"a", "b:c:d", "d"}),
        ("0 * last_over_time(up[1h]) or time() - timestamp(x) < 1e3 # y", {"up", "x"}),
        ("sum(a) without (b) / ignoring(c) group_left(d) count without (e) (f)", {"a", "f"}),
    ],
)
def test_metrics_of_an_expression(expression: str, expected: set[str]) -> None:
    assert metrics(expression) == expected


def test_no_series_of_the_brokers_names_a_partition() -> None:
    assert "partition=" not in (SCRAPES / "jmx.prom").read_text(encoding="utf-8")
