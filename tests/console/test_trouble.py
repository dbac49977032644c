"""What the page says when its server, or one of its sources, is slow, broken or gone; and the one thing it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.views import open_view
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually

EXPORTED = "/var/lib/prometheus/node-exporter"
AMTOOL = "amtool --alertmanager.url=http://127.0.0.1:9093"


@contextmanager
def frozen(sandbox: Sandbox, unit: str) -> Iterator[str]:
    """The unit's main process stands still."""
    process = sandbox.run(f"systemctl show -P MainPID {unit}").strip()
    sandbox.run(f"kill -STOP {process}")
    try:
        yield process
    finally:
        sandbox.run(f"kill -CONT {process} || true")


def test_a_server_that_is_gone_is_said_and_what_is_shown_stays(
    console: Page, sandbox: Sandbox, pictures: Path | None
) -> None:
    expect(console.get_by_role("article")).to_have_count(3)
    units = "longhouse-console.socket longhouse-console-operator.socket"
    sandbox.run(f"systemctl stop {units} longhouse-console.service")
    try:
        expect(console.locator("#trouble").get_by_role("alert")).to_contain_text("What you see below is older.")
        expect(console.locator("#trouble")).to_contain_text("Request id")
        expect(console.get_by_role("article")).to_have_count(3)
        if pictures:
            console.screenshot(path=pictures / "gone.png", full_page=True)
    finally:
        sandbox.run(f"systemctl start {units}")
    console.get_by_role("button", name="Ask now").click()
    expect(console.locator("#trouble").get_by_role("alert")).to_have_count(0)


def test_a_server_that_is_killed_is_back_before_anybody_has_to_ask_again(console: Page, sandbox: Sandbox) -> None:
    """Its socket is systemd's: the next process takes the questions that the last one had not taken."""
    expect(console.get_by_role("article")).to_have_count(3)
    with frozen(sandbox, "longhouse-console.service") as process:
        shown = console.locator("#as-of").inner_text()
        with console.expect_request("**/console/api/overview"):
            pass  # the page asks by itself
        sandbox.run(f"kill -KILL {process}")
        expect(console.locator("#as-of")).not_to_have_text(shown)
    expect(console.locator("#trouble").get_by_role("alert")).to_have_count(0)


def test_a_server_that_was_gone_at_sign_in_is_asked_again_at_once(
    new_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    page = new_page()
    # Nothing is asked by itself: only the button is left.
    page.clock.install()
    page.goto("/console")
    expect(page.get_by_label("Email")).to_be_visible()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    units = "longhouse-console.socket longhouse-console-operator.socket"
    sandbox.run(f"systemctl stop {units} longhouse-console.service")
    try:
        page.get_by_label("Email").fill(sandbox.admin_email)
        page.get_by_label("Password").fill(sandbox.admin_password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#trouble").get_by_role("alert")).to_be_visible()
    finally:
        sandbox.run(f"systemctl start {units}")
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(3)


def test_a_slow_server_is_waited_for_visibly(console: Page, sandbox: Sandbox) -> None:
    expect(console.get_by_role("article")).to_have_count(3)
    with frozen(sandbox, "longhouse-console.service"):
        expect(console.locator("#progress")).to_be_visible()
        expect(console.get_by_role("main")).to_have_attribute("aria-busy", "true")
        expect(console.get_by_role("article")).to_have_count(3)
    expect(console.locator("#progress")).to_be_hidden()
    expect(console.locator("#trouble").get_by_role("alert")).to_have_count(0)


def test_a_silent_source_costs_its_own_part_alone(console: Page, sandbox: Sandbox) -> None:
    expect(console.get_by_role("article")).to_have_count(3)
    with frozen(sandbox, "prometheus.service"):
        expect(console.get_by_text("Prometheus did not answer within 6 s")).to_be_visible()
        expect(console.get_by_role("article")).to_have_count(3)
    expect(console.get_by_text("Prometheus did not answer within 6 s")).to_have_count(0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            "sed -i -E '/^longhouse_backup_last_success/s/ [0-9]+$/ 1700000000/' longhouse_backup.prom",
            "The last good backup in repository 1 is",
            id="old",
        ),
        pytest.param("rm longhouse_backup.prom", "There is no backup of the databases yet", id="none"),
    ],
)
def test_good_files_do_not_hide_what_is_wrong_with_the_databases(
    console: Page, sandbox: Sandbox, change: str, words: str
) -> None:
    sandbox.run("systemctl start longhouse-snapshot")
    sandbox.run(f"cd {EXPORTED} && {change}")
    verdict = console.get_by_role("region", name="Verdict")

    def told() -> bool:
        open_view(console, "overview")
        open_view(console, "backups")
        return verdict.get_attribute("class") == "verdict bad" and words in verdict.inner_text()

    try:
        eventually(told, within=90, what=f"bad verdict: {words}")
    finally:
        sandbox.run("longhouse-backup publish")


def test_an_alert_is_silenced_in_the_admin_s_name(console: Page, sandbox: Sandbox) -> None:
    labels = "alertname=Exercise service=order severity=ticket owner=platform"
    sandbox.run(f"{AMTOOL} alert add {labels} '--annotation=summary=\"An exercise\"'")
    open_view(console, "alerts")
    exercise = console.get_by_role("listitem").filter(has_text="An exercise")
    exercise.get_by_text("Silence Exercise order").click()
    exercise.get_by_label("Why").fill("moving house")
    exercise.get_by_role("button", name="Silence it").click()
    row = console.get_by_role("table", name="Silences").get_by_role("row").filter(has_text="alertname=Exercise")
    expect(row).to_contain_text(sandbox.admin_email)
    expect(row).to_contain_text("moving house")
    assert sandbox.admin_email in sandbox.run(f"{AMTOOL} silence query alertname=Exercise")
    assert sandbox.admin_email in sandbox.run("journalctl -u longhouse-console --grep '^silence ' -n 1 -o cat")
    row.get_by_role("button").click()
    expect(console.get_by_text("Nothing is silenced.")).to_be_visible()
