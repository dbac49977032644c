"""Every view shows what the host knows, in light and dark, on a phone, to a keyboard and to a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.views import VIEWS, open_view
from tests.e2e.client import Client

AXE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def objections(page: Page) -> list[str]:
    """What axe-core finds, as `rule: element`."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_for_everybody(
    new_page: Callable[..., Page], sign_in: Callable[..., None], scheme: str, traced_order: str, pictures: Path | None
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.goto("/console")
    expect(page.get_by_label("Email")).to_be_visible()
    assert objections(page) == []
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    for view, title in VIEWS.items():
        open_view(page, view)
        if pictures:
            page.screenshot(path=pictures / f"{view}-{scheme}.png", full_page=True)
        assert objections(page) == [], view
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.get_by_role("navigation", name="Views").get_by_role("link", name=title)).to_have_attribute(
            "aria-current", "page"
        )


def test_nothing_is_cut_off_on_a_phone(
    new_page: Callable[..., Page], sign_in: Callable[..., None], traced_order: str, pictures: Path | None
) -> None:
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    for view in VIEWS:
        open_view(page, view)
        if pictures:
            page.screenshot(path=pictures / f"{view}-phone.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_the_overview_names_every_service(console: Page) -> None:
    for service in ("user", "order", "notification"):
        card = console.get_by_role("article").filter(has=console.get_by_role("heading", name=service, exact=True))
        expect(card.locator(".badge")).to_have_text(re.compile("live|budget"))
        expect(card.locator(".colour")).to_have_text(re.compile("blue|green"))
    expect(console.get_by_role("status")).not_to_be_empty()


def test_the_pipeline_shows_every_stage(console: Page) -> None:
    open_view(console, "pipeline")
    stages = console.get_by_role("list", name="The way of an order")
    for stage in ("Edge and services", "Outbox", "Broker", "Consumer", "Messages"):
        expect(stages.get_by_role("heading", name=stage)).to_be_visible()
    stages.locator("summary", has_text="Parts of Broker").click()
    expect(stages.get_by_role("table", name="Parts of Broker")).to_contain_text("notification")


def test_a_plot_has_its_numbers(console: Page) -> None:
    open_view(console, "host")
    expect(console.get_by_role("img", name=re.compile("^Processor: busy now")).locator("canvas")).to_be_visible()
    console.get_by_text("Numbers of “Processor”").click()
    expect(console.get_by_role("table", name="Numbers of Processor").get_by_role("row").nth(1)).to_contain_text("%")


def test_releases_stand_beside_what_they_did(console: Page) -> None:
    open_view(console, "releases")
    for title in ("Time of 19 in 20 answers", "Answers that are errors"):
        expect(console.get_by_role("img", name=re.compile(f"^{title}")).locator("canvas")).to_be_visible()
    first = console.locator(".releases > li").first
    first.locator("summary").click()
    expect(first.get_by_role("table")).to_contain_text("done")


def test_a_keyboard_is_enough(console: Page) -> None:
    expect(console.get_by_role("article")).to_have_count(3)  # what loads late would take the focus along
    # From the top of the page, wherever signing in left the focus.
    console.evaluate("document.body.tabIndex = -1; document.body.focus()")
    console.keyboard.press("Tab")
    expect(console.get_by_role("link", name="Skip to content")).to_be_focused()
    console.keyboard.press("Enter")
    expect(console.locator("#content")).to_be_focused()
    console.get_by_role("link", name="Logs", exact=True).first.focus()
    assert console.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    console.get_by_role("navigation", name="Views").get_by_role("link", name="Logs").press("Enter")
    expect(console.get_by_role("heading", name="Logs", level=1)).to_be_visible()


def test_a_trace_is_one_order_s_whole_way(console: Page, traced_order: str, pictures: Path | None) -> None:
    open_view(console, "logs")
    console.get_by_label("Text, or a trace id").fill(f"00-{traced_order}-00f067aa0ba902b7-01")
    console.get_by_role("button", name="Search").click()
    expect(console.get_by_role("heading", name="Trace", level=1)).to_be_visible()
    expect(console.locator(".way")).to_contain_text("edge")
    expect(console.locator(".way")).to_contain_text("order")
    if pictures:
        console.screenshot(path=pictures / "trace.png", full_page=True)
    times = console.locator(".records time").evaluate_all("all => all.map(one => Date.parse(one.dateTime))")
    assert times == sorted(times)
    assert len(times) >= 2


def test_logs_are_found_and_what_is_not_there_is_said(console: Page, customer: Client) -> None:
    needle = f"/api/orders?needle={customer.user['id']}"
    customer.get(needle)
    open_view(console, "logs")
    console.get_by_label("Source").select_option("edge")
    console.get_by_label("Text, or a trace id").fill(needle.upper())
    console.get_by_role("button", name="Search").click()
    expect(console.locator(".records li")).to_have_count(1)
    expect(console.locator(".records .message")).to_contain_text(needle)
    console.get_by_label("Text, or a trace id").fill("no line of this host says <b>this</b>")
    console.get_by_role("button", name="Search").click()
    expect(console.get_by_text("Nothing was recorded that fits.")).to_be_visible()
