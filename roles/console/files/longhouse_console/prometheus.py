"""Numbers: the queries of definitions.json, asked of Prometheus. No query comes from the page."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from longhouse_console import http_source
from longhouse_console.problems import Problem, SourceError

NAME = "Prometheus"
SECONDS = 6.0
POINTS = 180
RANGES = {"15m": 900, "1h": 3600, "6h": 21600, "1d": 86400, "7d": 604800}
# Four scrapes: a rate over less has gaps.
SHORTEST_WINDOW = 60
# The page shows all of them; on Grafana's dashboards, made of the same queries, people choose.
EVERY_SERVICE = ".+"


class Prometheus:
    """Asks `url`; definitions are `{"figures": {name: query}, "panels": {name: {title, unit, series: […]}}}`.

    A query may hold `$services`, a pattern of their names, and that of a panel `$window`, over which a rate is taken.
    """

    def __init__(self, url: str, definitions: Path) -> None:
        self._url = url
        found = json.loads(definitions.read_text(encoding="utf-8"))
        self._figures = {name: _filled(query) for name, query in found["figures"].items()}
        self.panels: dict[str, Any] = found["panels"]
        self._kept: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    def figure(self, name: str, *, keep: float = 0.0) -> list[dict[str, Any]]:
        """`[{labels: {…}, value: float | None}]` of an instant query; up to `keep` seconds old."""
        until, known = self._kept.get(name, (0.0, []))
        if time.monotonic() < until:
            return known
        result = self._ask("query", {"query": self._figures[name]})
        rows = [{"labels": row["metric"], "value": _number(row["value"][1])} for row in result]
        if keep:
            self._kept[name] = (time.monotonic() + keep, rows)
        return rows

    def value(self, name: str) -> float | None:
        """The one number of a figure that has no labels; None when there is none."""
        rows = self.figure(name)
        return rows[0]["value"] if rows else None

    def by(self, name: str, label: str, *, keep: float = 0.0) -> dict[str, float | None]:
        """A figure's values by one of its labels."""
        return {row["labels"].get(label, ""): row["value"] for row in self.figure(name, keep=keep)}

    def panel(self, name: str, span: str) -> dict[str, Any]:
        """`{id, title, unit, times: [s], series: [{name, values: [float | None]}]}` of a panel over the last `span`."""
        if name not in self.panels:
            raise Problem(404, "There is no such plot.")
        if span not in RANGES:
            raise Problem(422, f"span: one of {', '.join(RANGES)}")
        panel = self.panels[name]
        end = int(time.time())
        step = max(15, RANGES[span] // POINTS)
        end -= end % step
        begin = end - RANGES[span]
        times = list(range(begin, end + 1, step))
        window = f"{max(SHORTEST_WINDOW, 2 * step)}s"
        series = []
        for wanted in panel["series"]:
            query = {"query": _filled(wanted["query"], window), "start": begin, "end": end, "step": step}
            for row in self._ask("query_range", query):
                at = {int(float(moment)): _number(value) for moment, value in row["values"]}
                series.append({"name": _legend(wanted["name"], row["metric"]), "values": [at.get(t) for t in times]})
        series.sort(key=lambda one: str(one["name"]))
        return {"id": name, "title": panel["title"], "unit": panel["unit"], "times": times, "series": series}

    def _ask(self, kind: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        status, body = http_source.call(NAME, f"{self._url}/api/v1/{kind}?{urlencode(query)}", seconds=SECONDS)
        if status != 200 or not isinstance(body, dict) or body.get("status") != "success":
            said = body.get("error", "") if isinstance(body, dict) else ""
            raise SourceError(f"{NAME} answered {status} {said}".rstrip())
        result: list[dict[str, Any]] = body["data"]["result"]
        return result


def _filled(query: str, window: str = "") -> str:
    return query.replace("$services", EVERY_SERVICE).replace("$window", window)


def _number(text: str) -> float | None:
    """JSON knows no NaN and no infinity."""
    value = float(text)
    return value if math.isfinite(value) else None


def _legend(name: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        name = name.replace("{" + label + "}", value)
    return name
