"""Dashboards as Grafana's JSON, built by its vendor's own library from overview.yml, pipeline.yml and host.yml."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import yaml
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model

from control.dashboards.queries import Queries, Series, load

LAYOUTS = Path(__file__).parent
TAG = "longhouse"
# The console's words for units, in Grafana's.
UNITS = {
    "": "none", "bytes": "bytes", "bytes per second": "Bps", "per second": "cps", "ratio": "percentunit",
    "seconds": "s",
    **dict.fromkeys(("consumers", "events", "messages", "processes", "updates"), "short"),
}  # fmt: skip
HEIGHT = {"stat": 5, "timeline": 7, "timeseries": 8}
# Whichever Prometheus the viewer chooses; here there is one.
SOURCE = common_model.DataSourceRef("prometheus", "${datasource}")
# Whom the catalogue routes to, as Prometheus knows it: a new service is offered with its first probe.
PROBED = 'label_values(probe_success{job="health"}, service)'

Picture = timeseries.Panel | stat.Panel | statetimeline.Panel


@dataclass(frozen=True)
class Panel:
    """One entry of a layout; either `plot`, or `title` with `figures` and `metrics` by legend."""

    plot: str = ""
    title: str = ""
    unit: str = ""
    kind: str = "timeseries"
    width: int = 12
    figures: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    # Of figures that are points in time: age or remaining.
    reading: str = ""
    # What a value is called, and from which value on it has a colour (null: from the lowest on).
    words: dict[str, str] = field(default_factory=dict)
    colours: dict[str, float | None] = field(default_factory=dict)


def dashboards(layouts: Path = LAYOUTS) -> dict[str, str]:
    """File name to content, in the order of the names. KeyError or ValueError for what nobody defines."""
    queries = load()
    return {
        f"{path.stem}.json": _text(_dashboard(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")), queries))
        for path in sorted(layouts.glob("*.yml"))
    }


def _text(drawn: dashboard.Dashboard) -> str:
    return json.dumps(drawn.build(), cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _dashboard(name: str, layout: dict[str, Any], queries: Queries) -> dashboard.Dashboard:
    drawn = (
        dashboard.Dashboard(f"Longhouse: {layout['title']}")
        .uid(f"longhouse-{name}")
        .tags([TAG])
        .description("Made by `python -m control.dashboards`; changes belong there.")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .time("now-6h", "now")
        .refresh("30s")
        .link(dashboard.DashboardLink("Longhouse").type(model.DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True))
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    rows = {title: [Panel(**entry) for entry in entries] for title, entries in layout["rows"].items()}
    if "$service" in str([_series(panel, queries) for panels in rows.values() for panel in panels]):
        drawn.with_variable(_services())
    number = 0
    for title, panels in rows.items():
        number += 1
        drawn.with_row(dashboard.Row(title).id(number))
        for panel in panels:
            number += 1
            drawn.with_panel(_picture(panel, queries).id(number))
    return drawn


def _services() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("service")
        .label("Service")
        .query(PROBED)
        .datasource(SOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(model.VariableOption(text="All", value="$__all"))
    )


def _series(panel: Panel, queries: Queries) -> list[Series]:
    plotted = queries.plot(panel.plot) if panel.plot else []
    figures = [Series(legend, queries.figure(name, panel.reading)) for legend, name in panel.figures.items()]
    return plotted + figures + [Series(legend, queries.metric(text)) for legend, text in panel.metrics.items()]


def _picture(panel: Panel, queries: Queries) -> Picture:
    shown = queries.panels[panel.plot] if panel.plot else {"title": panel.title, "unit": panel.unit}
    picture = KINDS[panel.kind]()
    picture.title(shown["title"]).unit(UNITS[shown["unit"]]).datasource(SOURCE)
    picture.height(HEIGHT[panel.kind]).span(panel.width)
    if panel.words:
        picture.mappings(
            [model.ValueMap({value: model.ValueMappingResult(text=w) for value, w in panel.words.items()})]
        )
    if panel.colours:
        steps = [model.Threshold(value, colour) for colour, value in panel.colours.items()]
        picture.thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
        picture.color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    for letter, series in zip(ascii_uppercase, _series(panel, queries), strict=False):
        query = prometheus.Dataquery().ref_id(letter).expr(series.expression).datasource(SOURCE)
        query.legend_format(series.legend.replace("{", "{{").replace("}", "}}"))
        # A month of errors is asked for once, not for every point of a line.
        picture.with_target(query.instant() if panel.kind == "stat" else query.range())
    return picture


def _plot() -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(common_model.LegendDisplayMode.LIST).show_legend(True)
    legend.placement(common_model.LegendPlacement.BOTTOM)
    return (
        timeseries.Panel()
        .min(0)
        .line_width(1)
        .fill_opacity(8)
        .show_points(common_model.VisibilityMode.NEVER)
        .legend(legend)
    )


def _stat() -> stat.Panel:
    shown = common.ReduceDataOptions().calcs(["lastNotNull"])
    return stat.Panel().reduce_options(shown).graph_mode(common_model.BigValueGraphMode.NONE)


def _timeline() -> statetimeline.Panel:
    # An alert or a failed unit is told only while there is one: without it the panel is empty, and that is good.
    panel = statetimeline.Panel().fill_opacity(70).line_width(0).no_value("none")
    return panel.show_value(common_model.VisibilityMode.AUTO)


KINDS: dict[str, Callable[[], Picture]] = {"stat": _stat, "timeline": _timeline, "timeseries": _plot}
