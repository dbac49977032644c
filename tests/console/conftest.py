"""A real browser in front of the console of a real host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.client import Client
from tests.e2e.conftest import sandbox
from tests.e2e.sandbox import Sandbox

__all__ = ["sandbox"]

# A slow machine shared with others; nothing is measured here.
PATIENCE_MS = 30_000
# The browser says so of every answer above 399; what the page makes of those is looked at by the tests.
EXPECTED = "Failed to load resource"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser objected to: errors of scripts, and whatever the policy refused."""
    return []


@pytest.fixture
def new_page(browser: Browser, sandbox: Sandbox, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """`new_page(color_scheme=…, viewport=…)`: a page of a fresh browser profile; no test may leave a complaint."""
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and EXPECTED not in message.text:
            complaints.append(message.text)

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=sandbox.base_url, ignore_https_errors=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sign_in(sandbox: Sandbox) -> Callable[..., None]:
    def do(page: Page, email: str = "", password: str = "") -> None:
        page.goto("/console")
        page.get_by_label("Email").fill(email or sandbox.admin_email)
        page.get_by_label("Password").fill(password or sandbox.admin_password)
        page.get_by_role("button", name="Sign in").click()

    return do


@pytest.fixture
def console(new_page: Callable[..., Page], sign_in: Callable[..., None]) -> Page:
    """The overview, signed in as the admin."""
    page = new_page()
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    return page


@pytest.fixture(scope="session")
def customer(sandbox: Sandbox) -> Iterator[Client]:
    """A user who is no admin."""
    client = Client(sandbox.base_url, sandbox.ca_file)
    client.register()
    yield client
    client.http.close()


@pytest.fixture(scope="session")
def traced_order(customer: Client) -> str:
    """The trace id of an order that was placed."""
    trace = uuid4().hex
    body = {"items": [{"sku": "B", "name": "Beam", "quantity": 1, "unit_price": 100}], "currency": "EUR"}
    headers = {"Idempotency-Key": uuid4().hex, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert customer.post("/api/orders", json=body, headers=headers).status_code == 201
    return trace


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where to leave pictures of what was seen, when LONGHOUSE_PICTURES names a folder."""
    folder = os.environ.get("LONGHOUSE_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) if folder else None
