# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes that our dashboards are made of: a row of panels, a panel of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DatasourceVariable,
    QueryVariable,
    Row,
    ThresholdsConfig,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
    VariableSort,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
WIDTH = 24


@dataclass(frozen=True)
class Query:
    """One PromQL expression and how its series are called, in Grafana's `{{label}}` notation."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Graph:
    """Series over time; `unit` is Grafana's name of it."""

    title: str
    unit: str
    queries: Sequence[Query]
    description: str = ""


@dataclass(frozen=True)
class Figure:
    """One whole number, green up to `good` and red beyond."""

    title: str
    query: Query
    good: float
    unit: str = "none"


def board(uid: str, title: str, region_of: str, rows: dict[str, Sequence[Figure | Graph]]) -> Dashboard:
    """Return a dashboard of rows by name, with a choice of data source and of the regions of the metric `region_of`."""
    region = (
        QueryVariable("region")
        .label("Region")
        .datasource(SOURCE)
        .query(f"label_values({region_of}, deployment_region)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
    )
    made = (
        Dashboard(title)
        .uid(uid)
        .tags(["selfhosted.monitoring"])
        .timezone("utc")
        .refresh("30s")
        .time("now-1h", "now")
        .readonly()
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(region)
    )
    number = 0
    for name, panels in rows.items():
        number += 1
        made.with_row(Row(name).id(number))
        for panel in panels:
            number += 1
            share = WIDTH // len(panels)
            made.with_panel(
                (_stat(panel) if isinstance(panel, Figure) else _timeseries(panel, share))
                .id(number)
                .datasource(SOURCE)
                .span(share)
            )
    return made


def _stat(figure: Figure) -> Stat:
    return (
        Stat()
        .title(figure.title)
        .unit(figure.unit)
        .height(4)
        .color_mode(BigValueColorMode.BACKGROUND)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(
            ThresholdsConfig()
            .mode(ThresholdsMode.ABSOLUTE)
            .steps([Threshold(color="green"), Threshold(value=figure.good + 1, color="red")])
        )
        .with_target(_target("A", figure.query).instant())
    )


def _timeseries(graph: Graph, share: int) -> Timeseries:
    panel = Timeseries().title(graph.title).unit(graph.unit).height(8).min(0).fill_opacity(10 if share < WIDTH else 0)
    if graph.description:
        panel.description(graph.description)
    for letter, query in zip(ascii_uppercase, graph.queries, strict=False):
        panel.with_target(_target(letter, query))
    return panel


def _target(letter: str, query: Query) -> Dataquery:
    return Dataquery().ref_id(letter).datasource(SOURCE).expr(query.expression).legend_format(query.legend)
