"""An order fails; docs/operations/from-alert-to-line.md leads from the alert to the line that says why.

The pages' pictures are taken here: `LONGHOUSE_PICTURES=docs/operations/pictures python -m pytest <this file>`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from tests.drills.faults import FAULTS
from tests.e2e.client import Client
from tests.e2e.sandbox import ROOT, Sandbox

RUNBOOK = (ROOT / "docs/operations/from-alert-to-line.md").read_text(encoding="utf-8")
RULES = ROOT / "roles/prometheus/files/rules/services.yml"
AMTOOL = "amtool --alertmanager.url=http://127.0.0.1:9093"

FAULT = next(fault for fault in FAULTS if fault.name == "a table is missing")
SERVICE = "order"
# One failure among so many is none of a service's health: the overview, which other tests look at, stays green.
GOOD_REQUESTS = 40
CAUSE = 'psycopg.errors.UndefinedTable: relation "orders" does not exist'


def rule(name: str) -> dict[str, Any]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return next(rule for group in groups for rule in group["rules"] if rule.get("alert") == name)


@pytest.fixture(scope="module")
def failed_order(customer: Client, sandbox: Sandbox) -> str:
    """The trace id of an order that was answered with 500: its table was away for that moment."""
    try:
        sandbox.run(FAULT.breaking)
        answer = customer.order()
    finally:
        sandbox.run(FAULT.mending)
    assert answer.status_code == 500, answer.text
    for _ in range(GOOD_REQUESTS):
        assert customer.get("/api/orders").status_code == 200
    return answer.headers["traceparent"].split("-")[1]


@pytest.fixture
def alert(sandbox: Sandbox) -> Iterator[str]:
    """The summary of the alert that this fault raises, told to Alertmanager at once.

    Prometheus takes a minute, and more failing orders than one: tests/drills waits for that, with this fault and this
    alert. Labels and notes are the rule's.
    """
    fired = rule(FAULT.alert)
    notes = {name: text.replace("{{ $labels.service }}", SERVICE) for name, text in fired["annotations"].items()}
    assert "{{" not in notes["summary"]
    labels = {"alertname": FAULT.alert, "service": SERVICE, **fired["labels"]}
    words = [f"{name}={value}" for name, value in labels.items()]
    words += [f'--annotation={name}="{text}"' for name, text in notes.items()]
    told = f"{AMTOOL} alert add {shlex.join(words)}"
    sandbox.run(told)
    yield notes["summary"]
    sandbox.run(f"{told} --end=$(date -u +%FT%TZ)")


def said(words: str) -> str:
    """The words of something to press, which the runbook has in bold."""
    assert f"**{words}**" in RUNBOOK
    return words


def take(page: Page, shown: Locator, name: str, pictures: Path | None) -> None:
    """A picture of the screen; what it is about has the frame that those who use the keyboard see."""
    expect(page.locator("#progress")).to_be_hidden()
    page.keyboard.press("Tab")  # for those who use a mouse there is no frame
    shown.focus()
    if pictures:
        page.screenshot(path=pictures / f"{name}.png")


def test_three_steps_lead_from_the_alert_to_the_line_that_caused_it(
    new_page: Callable[..., Page], sign_in: Callable[..., None], failed_order: str, alert: str, pictures: Path | None
) -> None:
    page = new_page(color_scheme="light", viewport={"width": 1100, "height": 620})
    sign_in(page)
    page.get_by_role("navigation", name="Views").get_by_role("link", name=said("Alerts")).click()

    firing = page.get_by_role("listitem").filter(has_text=f"{FAULT.alert} service {SERVICE}")
    expect(firing).to_contain_text(alert)
    logs = firing.get_by_role("link", name=said("Its warnings and errors"))
    take(page, logs, "alert-to-line-1", pictures)
    logs.press("Enter")

    expect(page.get_by_role("heading", name="Logs", level=1)).to_be_visible()
    expect(page.get_by_label("Source")).to_have_value(SERVICE)
    expect(page.get_by_label("Level")).to_have_value("4")
    line = page.locator(".records > li").filter(has=page.locator("summary", has_text=CAUSE)).first
    line.locator("summary").click()
    trace = line.get_by_role("link", name=said("Everything of this trace"))
    take(page, trace, "alert-to-line-2", pictures)
    trace.press("Enter")

    expect(page.get_by_role("heading", name="Trace", level=1)).to_be_visible()
    expect(page.locator("code.id")).to_have_text(failed_order)
    expect(page.locator(".way li.bad")).to_contain_text(SERVICE)
    cause = page.locator(".records > li.bad summary").filter(has_text=CAUSE)
    expect(cause).to_be_visible()
    take(page, cause, "alert-to-line-3", pictures)


def test_the_lines_of_a_failed_statement_do_not_name_the_customer(
    failed_order: str, customer: Client, sandbox: Sandbox
) -> None:
    lines = sandbox.run(f"journalctl TRACE_ID={failed_order} --all -o cat --output-fields=MESSAGE,EXCEPTION")
    assert "INSERT INTO orders" in lines
    assert customer.email not in lines
