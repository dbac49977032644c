"""The console's views and the way to them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

VIEWS = {
    "overview": "Overview", "pipeline": "Order pipeline", "releases": "Releases", "logs": "Logs", "alerts": "Alerts",
    "backups": "Backups and drills", "host": "Host",
}  # fmt: skip


def open_view(page: Page, view: str) -> None:
    page.evaluate("view => { location.hash = view }", view)
    expect(page.get_by_role("heading", name=VIEWS[view], level=1)).to_be_visible()
    expect(page.locator("#body")).to_have_attribute("data-shown", "yes")
    expect(page.locator("#body")).not_to_contain_text(re.compile(r"\[object|undefined|NaN"))
