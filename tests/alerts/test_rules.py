"""Every alert fires when it should and is silent when it should, and leads to a page that exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from control.testing.prometheus_tools import tool
from tests.unit.plugins import ROOT

RULES = sorted((ROOT / "roles/prometheus/files/rules").glob("*.yml"))
# Every scalar is text: promtool's "0x40" is no hexadecimal number.
CASES: list[dict[str, Any]] = yaml.load(
    (ROOT / "tests/alerts/cases.yml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes strings of everything, so it is the safest there is
)
ALERTS = {
    rule["alert"]: rule
    for path in RULES
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
NEVER_SILENT = {"Watchdog"}

each_alert = pytest.mark.parametrize("name", ALERTS)


def promtool_tests(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The case as promtool reads it: does the alert fire at that moment, and does it not?"""
    firing = f'ALERTS{{alertname="{case["alert"]}",alertstate="firing"}}'
    return [
        {
            "name": f"{case['alert']} {mood}",
            "interval": case.get("every", "15s"),
            "input_series": [{"series": name, "values": values} for name, values in case[mood].items()],
            "promql_expr_test": [
                {
                    "expr": f"count({firing}) > bool 0 or vector(0)",
                    "eval_time": case["at"],
                    "exp_samples": [{"labels": "{}", "value": value}],
                }
            ],
        }
        for mood, value in (("firing", 1), ("silent", 0))
        if case[mood] != "never"
    ]


# One run for each step of time: a case of two days must not be evaluated every fifteen seconds.
@pytest.mark.parametrize("every", sorted({case.get("every", "15s") for case in CASES}))
def test_every_alert_fires_and_is_silent_when_it_should(every: str, tmp_path: Path) -> None:
    document = {
        "rule_files": [str(path) for path in RULES],
        "evaluation_interval": every,
        "tests": [test for case in CASES if case.get("every", "15s") == every for test in promtool_tests(case)],
    }
    file = tmp_path / "cases.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    result = subprocess.run([tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_all_alerts_have_both_cases_and_no_case_is_of_another() -> None:
    assert {case["alert"] for case in CASES} == set(ALERTS)
    assert {case["alert"] for case in CASES if case["silent"] == "never"} == NEVER_SILENT


def test_promtool_accepts_the_rules() -> None:
    command = [tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@each_alert
def test_an_alert_says_how_bad_it_is_and_whose(name: str) -> None:
    assert ALERTS[name]["labels"]["severity"] in {"page", "ticket", "info"}
    assert ALERTS[name]["labels"]["owner"] in {"platform", "services"}
    assert ALERTS[name]["annotations"]["summary"]


@each_alert
def test_an_alert_leads_to_a_section_of_a_page_that_exists(name: str) -> None:
    page, _, section = ALERTS[name]["annotations"]["runbook_url"].partition("#")
    assert section == name.lower()
    headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert name in headings
