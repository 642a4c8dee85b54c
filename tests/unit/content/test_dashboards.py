"""Dashboards build, and Grafana can tell their parts apart."""

import json
from collections import Counter
from typing import Any

import pytest

from content.dashboards.__main__ import documents

DOCUMENTS = {uid: json.loads(text) for uid, text in documents().items()}


def twice(values: list[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]


def test_alerts_link_to_a_dashboard_that_exists() -> None:
    assert "kafka" in DOCUMENTS


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_panels_have_ids_of_their_own_and_do_not_overlap(uid: str) -> None:
    panels = DOCUMENTS[uid]["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert not twice([panel["id"] for panel in panels])
    assert not twice(cells)
    assert max(x for x, _y in cells) < 24


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_every_query_is_of_the_chosen_source_and_region(uid: str) -> None:
    for panel in DOCUMENTS[uid]["panels"]:
        targets = panel.get("targets", [])
        assert not twice([target["refId"] for target in targets])
        for target in targets:
            assert target["datasource"]["uid"] == "$datasource"
            assert '=~"$region"' in target["expr"]
