"""What the views are told, also when a source is silent."""

from __future__ import annotations

import importlib
import json
from typing import Any
from urllib.parse import unquote_plus

import pytest

from tests.unit.console.conftest import FILES, Ask, Neighbour
from tests.unit.plugins import ROOT

page = importlib.import_module("longhouse_console.page")
pipeline = importlib.import_module("longhouse_console.pipeline")
prometheus = importlib.import_module("longhouse_console.prometheus")
timeline = importlib.import_module("longhouse_console.timeline")

DOWN = {"status": "error", "error": "query timed out"}


def vector(*rows: tuple[dict[str, str], str]) -> tuple[int, Any]:
    result = [{"metric": labels, "value": [1.0, value]} for labels, value in rows]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


def alert(labels: dict[str, str]) -> dict[str, Any]:
    return {
        "labels": {"alertname": "Exercise", **labels}, "annotations": {}, "startsAt": "2026-11-21T01:00:00Z",
        "status": {"state": "active", "silencedBy": []},
    }  # fmt: skip


@pytest.mark.parametrize("view", ["overview", "pipeline", "releases", "alerts", "backups", "host"])
def test_a_silent_source_costs_its_own_part_alone(ask: Ask, neighbour: Neighbour, view: str) -> None:
    neighbour.paths |= {"/api/v1/query": (503, DOWN), "/api/v1/query_range": (503, DOWN)}
    neighbour.paths |= {"/api/v2/alerts": (500, {}), "/api/v2/silences": (500, {})}
    status, body, _ = ask("operator", "GET", f"/console/api/{view}")
    assert status == 200
    assert {problem["source"] for problem in body["problems"]} <= {"Prometheus", "Alertmanager"}
    assert body["problems"]
    asked = [path for _, path, _ in neighbour.asked if path.startswith("/api/v1")]
    assert len(asked) <= 1, "a source that failed is not asked again"


def test_a_source_that_answers_is_no_problem(ask: Ask, neighbour: Neighbour) -> None:
    neighbour.paths |= {"/api/v1/query": vector(), "/api/v2/alerts": (200, [])}
    _, body, _ = ask("operator", "GET", "/console/api/overview")
    assert body["problems"] == []
    assert body["services"] == []


def test_a_number_that_is_none_is_null(ask: Ask, neighbour: Neighbour) -> None:
    neighbour.paths["/api/v1/query"] = vector(({"mountpoint": "/"}, "NaN"))
    neighbour.paths["/api/v1/query_range"] = vector()
    _, body, _ = ask("operator", "GET", "/console/api/host")
    assert body["disks"] == [{"mountpoint": "/", "free": None}]


def test_a_failed_drill_of_the_databases_is_not_hidden_by_a_good_one_of_the_files(
    ask: Ask, neighbour: Neighbour
) -> None:
    definitions = json.loads((FILES / "longhouse_console" / "definitions.json").read_text())["figures"]
    assert not any("max(" in query for name, query in definitions.items() if name.startswith("drill_"))
    neighbour.paths["/api/v1/query"] = vector(({}, "0"), ({"of": "files"}, "1"))
    _, body, _ = ask("operator", "GET", "/console/api/backups")
    assert [(drill["of"], drill["good"], drill["rpo"]) for drill in body["drills"]] == [("", 0, 0), ("files", 1, 1)]


@pytest.mark.parametrize(("labels", "source", "level"), [
    ({"service": "order"}, "order", "4"),
    ({"queue": "notification.email"}, "notification", "4"),
    ({"name": "longhouse-order@blue.service"}, "order", "4"),
    ({"name": "longhouse-order-fleet@green.service", "job": "node"}, "order", "4"),
    ({"name": "postgresql@17-main.service", "job": "node"}, "postgresql", ""),
    ({"job": "rabbitmq", "instance": "127.0.0.1:15692"}, "rabbitmq", ""),
])  # fmt: skip
def test_an_alert_leads_to_where_its_cause_is_written(
    ask: Ask, neighbour: Neighbour, labels: dict[str, str], source: str, level: str
) -> None:
    neighbour.paths["/api/v2/alerts"] = (200, [alert(labels)])
    (found,) = ask("operator", "GET", "/console/api/alerts")[1]["alerts"]
    assert found["logs"] == {"source": source, "level": level}


@pytest.mark.parametrize(
    "labels", [{}, {"job": "node"}, {"name": "longhouse-alert@x.service"}, {"mountpoint": "/"}], ids=str
)
def test_an_alert_of_no_source_leads_to_no_logs(ask: Ask, neighbour: Neighbour, labels: dict[str, str]) -> None:
    neighbour.paths["/api/v2/alerts"] = (200, [alert(labels)])
    (found,) = ask("operator", "GET", "/console/api/alerts")[1]["alerts"]
    assert found["logs"] is None


def test_a_plot_has_a_value_or_null_for_every_time(neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"metric": {"service": "order"}, "values": [[1_000_000_005, "1"], [1_000_000_020, "+Inf"]]}
    neighbour.paths["/api/v1/query_range"] = (200, {"status": "success", "data": {"result": [row]}})
    monkeypatch.setattr("time.time", lambda: 1_000_000_020.0)
    source = prometheus.Prometheus(neighbour.url, FILES / "longhouse_console" / "definitions.json")
    found = source.panel("requests", "15m")
    (series,) = found["series"]
    assert series["name"] == "order"
    assert len(series["values"]) == len(found["times"]) == 61
    assert series["values"][-2:] == [1.0, None]


def test_prometheus_is_asked_for_every_service_and_never_for_a_placeholder(neighbour: Neighbour) -> None:
    neighbour.paths |= {"/api/v1/query": vector(), "/api/v1/query_range": vector()}
    source = prometheus.Prometheus(neighbour.url, FILES / "longhouse_console" / "definitions.json")
    source.figure("outbox_oldest")
    source.panel("latency", "1h")
    asked = [unquote_plus(path) for _, path, _ in neighbour.asked]
    assert len(asked) == 2
    assert all('service=~".+"' in path and "$" not in path for path in asked)


def test_no_query_comes_from_outside(ask: Ask, neighbour: Neighbour) -> None:
    assert ask("operator", "GET", "/console/api/panel/up?query=up")[0] == 404
    assert ask("operator", "GET", "/console/api/panel/cpu?span=10y")[0] == 422
    assert neighbour.asked == []


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "nothing", 404), ("POST", "overview", 405), ("DELETE", "silences/../alerts", 404), ("GET", "silences", 405),
])  # fmt: skip
def test_what_is_not_there_is_said(ask: Ask, method: str, path: str, status: int) -> None:
    assert ask("operator", method, f"/console/api/{path}", {"X-Longhouse-Console": "1"}, {})[0] == status


@pytest.mark.parametrize("path", ["/console/../jwks.json", "/console/%2e%2e/jwks.json", "/console/.hidden.js", "/etc"])
def test_only_files_of_the_page_are_given(ask: Ask, path: str) -> None:
    assert ask("operator", "GET", path)[0] == 404


def test_the_page_has_the_same_policy_everywhere(ask: Ask) -> None:
    edge = (ROOT / "nginx" / "templates" / "http.conf.j2").read_text()
    assert f'"~^ /(docs|console)(/|$)"      "{page.POLICY}";' in edge
    status, body, headers = ask("operator", "GET", "/console")
    assert (status, headers["Content-Security-Policy"]) == (200, page.POLICY)
    assert body.startswith(b"<!doctype html>")
    assert headers["X-Frame-Options"] == "DENY"


def step(run: str, name: str, outcome: str = "done", **details: Any) -> dict[str, Any]:
    time = "2026-11-21T01:00:00.000+00:00"
    return {"time": time, "run": run, "service": "order", "step": name, "outcome": outcome, "seconds": 1.5} | details


@pytest.mark.parametrize(("steps", "outcome", "reason"), [
    ([step("r", "start"), step("r", "switch", version="v2")], "done", ""),
    ([step("r", "start", "failed", reason="no port"), step("r", "back", "undone")], "failed", "no port"),
    ([step("r", "switch"), step("r", "watch", "undone", reason="errors")], "went back", "errors"),
    ([step("r", "canary", "under way")], "under way", ""),
])  # fmt: skip
def test_a_release_is_what_a_run_did_to_a_service(steps: list[dict[str, Any]], outcome: str, reason: str) -> None:
    (release,) = timeline.releases(steps)
    assert (release["outcome"], release["reason"]) == (outcome, reason)
    assert release["ended"] - release["began"] == pytest.approx(1.5)
    assert len(release["steps"]) == len(steps)


def figures(**given: list[tuple[dict[str, str], float]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: [] for name in pipeline.FIGURES}
    for name, rows in given.items():
        assert name in found
        found[name] = [{"labels": labels, "value": value} for labels, value in rows]
    return found


def states(**given: list[tuple[dict[str, str], float]]) -> dict[str, str]:
    return {stage["id"]: stage["state"] for stage in pipeline.picture(figures(**given))["stages"]}


def test_what_is_not_measured_is_not_called_well() -> None:
    assert set(states().values()) == {"unknown"}


def test_a_stage_says_when_it_is_stuck() -> None:
    order = {"service": "order"}
    assert states(outbox_oldest=[(order, 0.0)])["outbox"] == "ok"
    assert states(outbox_oldest=[(order, 30.0)])["outbox"] == "look"
    assert states(outbox_oldest=[(order, 90.0)])["outbox"] == "bad"
    assert states(queue_messages=[({"queue": "q"}, 0.0)], queue_consumers=[({"queue": "q"}, 0.0)])["broker"] == "bad"
    assert states(queue_messages=[({"queue": "q"}, 0.0)], dead_letters=[({}, 1.0)])["broker"] == "look"
    assert states(overdue=[({"channel": "email"}, 400.0)])["email"] == "bad"
