"""Grafana's dashboards are made of what the console and the rules define, and Grafana and Prometheus can read them."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from control.dashboards.__main__ import FOLDER
from control.dashboards.drawing import LAYOUTS, PROBED, Panel, dashboards
from control.dashboards.queries import DEFINITIONS, RULES, Queries, load
from control.testing.prometheus_tools import tool
from tests.unit.plugins import ROOT

MADE = dashboards()
DRAWN: dict[str, Any] = {name: json.loads(text) for name, text in MADE.items()}
QUERIES = load()
# What a viewer's choices and Grafana itself put there.
FILLED_IN = {"$__rate_interval": "1m", "$service": "(a|b)"}
WIDTH = 24

each_dashboard = pytest.mark.parametrize("name", DRAWN)


def targets(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every panel of a dashboard with each of its queries."""
    for panel in DRAWN[name]["panels"]:
        yield from ((panel, target) for target in panel.get("targets", []))


EXPRESSIONS = sorted({target["expr"] for name in DRAWN for _, target in targets(name)})


def test_the_files_are_made_from_what_is_defined() -> None:
    present = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert present == MADE, "run: python -m control.dashboards"


@each_dashboard
def test_grafana_s_own_types_read_it_and_lose_nothing(name: str) -> None:
    register_default_plugins()
    read = Dashboard.from_json(json.loads(MADE[name]))
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == DRAWN[name]


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    filled = list(EXPRESSIONS)
    for variable, value in FILLED_IN.items():
        filled = [expression.replace(variable, value) for expression in filled]
    assert len(filled) > 30
    assert [expression for expression in filled if "$" in expression] == []
    rules = [{"record": f"expression:{number}", "expr": text} for number, text in enumerate(filled)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    result = subprocess.run(
        [tool("promtool"), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_metric_of_ours_is_told_by_somebody_and_every_other_known_to_the_rules() -> None:
    names = {name for text in EXPRESSIONS for name in re.findall(r"\b[a-z]+_\w+(?=[{\[)\s]|$)", _without_labels(text))}
    ours = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in names if name.startswith("longhouse_")}
    assert len(ours) > 10
    code = [path for part in ("services", "roles", "nginx") for path in (ROOT / part).rglob("*")]
    sources = "\n".join(
        path.read_text() for path in code if path.suffix in {".py", ".lua"} and ".venv" not in path.parts
    )
    assert {name for name in ours if name.removeprefix("longhouse_") not in sources} == set()
    known = DEFINITIONS.read_text() + "".join(path.read_text() for path in RULES.glob("*.yml"))
    assert {name for name in names if not re.search(rf"\b{name}\b", known)} == set()


def _without_labels(expression: str) -> str:
    """Without matchers and lists of labels: what is left that looks like a name is a metric's."""
    return re.sub(r"\{[^}]*\}|\b(by|on|without)\s*\([^)]*\)|\b(histogram_quantile|label_replace)\b", " ", expression)


def test_no_service_is_named_so_that_a_new_one_is_shown() -> None:
    catalogue = yaml.safe_load((ROOT / "services" / "catalogue.yml").read_text(encoding="utf-8"))
    names = "|".join(entry["name"] for entry in catalogue["catalogue_services"])
    assert [text for text in EXPRESSIONS if re.search(rf'"({names})"', text)] == []
    (probed,) = re.findall(r"\((\w+\{[^}]*)\}", PROBED)
    assert probed in QUERIES.figures["ready"]


@each_dashboard
def test_the_choice_of_services_reaches_whatever_is_told_by_service(name: str) -> None:
    told = [target["expr"] for _, target in targets(name) if "{{service}}" in target["legendFormat"]]
    # Of the host's alerts none is about a service.
    assert [text for text in told if 'service=~"$service"' not in text and not text.startswith("ALERTS{")] == []
    offered = {variable["name"] for variable in DRAWN[name]["templating"]["list"]}
    assert ("service" in offered) == ("$service" in MADE[name])


@each_dashboard
def test_a_legend_names_labels_that_are_left(name: str) -> None:
    for panel, target in targets(name):
        kept = re.findall(r"\bby \(([^)]*)\)", target["expr"])
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert not kept or any(label in labels.split(", ") for labels in kept), panel["title"]


@each_dashboard
def test_panels_fill_rows_and_none_covers_another(name: str) -> None:
    places = [panel["gridPos"] for panel in DRAWN[name]["panels"]]
    assert all(place["x"] + place["w"] <= WIDTH for place in places)
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@each_dashboard
def test_it_is_read_only_and_asks_the_chosen_prometheus(name: str) -> None:
    assert DRAWN[name]["editable"] is False
    assert DRAWN[name]["uid"] == f"longhouse-{name.removesuffix('.json')}"
    identities = [panel["id"] for panel in DRAWN[name]["panels"]]
    assert sorted(set(identities)) == sorted(identities)
    assert {target["datasource"]["uid"] for _, target in targets(name)} == {"${datasource}"}


def test_an_entry_of_a_layout_says_whose_numbers_it_shows() -> None:
    for path in LAYOUTS.glob("*.yml"):
        for entry in itertools.chain(*yaml.safe_load(path.read_text())["rows"].values()):
            panel = Panel(**entry)
            assert bool(panel.plot) != bool(panel.title and (panel.figures or panel.metrics)), entry


@pytest.mark.parametrize(("metric", "complaint"), [
    ("rate(node_disk_read_bytes_total[5m])", "computes"), ("pg_up == 0", "computes"), ("1 - up", "computes"),
    ("longhouse:made_up:ratio", "no rule records 'longhouse:made_up:ratio'"),
])  # fmt: skip
def test_a_dashboard_defines_no_expression_of_its_own(metric: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        QUERIES.metric(metric)


def test_a_figure_that_the_console_does_not_have_is_refused() -> None:
    queries = Queries({"ready": "up"}, {}, frozenset())
    assert queries.figure("ready", "age") == "time() - (up)"
    with pytest.raises(KeyError, match="red"):
        queries.figure("red")
