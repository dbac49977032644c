"""Who gets in, and what the browser is left with."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually


def test_a_wrong_password_is_said(new_page: Callable[..., Page], sign_in: Callable[..., None]) -> None:
    page = new_page()
    sign_in(page, password="not the password at all")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()


def test_who_is_no_admin_is_told_so(
    new_page: Callable[..., Page], sign_in: Callable[..., None], customer: Client
) -> None:
    page = new_page()
    sign_in(page, customer.email, PASSWORD)
    expect(page.get_by_role("alert")).to_have_text("The console is for admins.")
    expect(page.get_by_role("navigation", name="Views")).to_be_hidden()


def test_nothing_is_left_in_the_browser(console: Page) -> None:
    assert console.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert console.context.cookies() == []
    console.reload()
    expect(console.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_out_ends_the_session(console: Page, sandbox: Sandbox) -> None:
    with console.expect_request("**/console/api/overview") as asked:
        pass
    used = asked.value.headers["authorization"]
    console.get_by_role("button", name="Sign out").click()
    expect(console.get_by_role("heading", name="Sign in")).to_be_visible()
    time.sleep(11)  # what the server may still believe
    answer = console.request.get("/console/api/overview", headers={"Authorization": used})
    assert answer.status == 401


def test_the_page_is_ours_alone(console: Page, sandbox: Sandbox) -> None:
    answer = console.request.get("/console")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    loaded = console.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)")
    assert set(loaded) == {sandbox.base_url}


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def tunnel(sandbox: Sandbox) -> Iterator[str]:
    """`ssh -L` to the operators' socket, as docs/operations/console.md says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    forward = f"127.0.0.1:{port}:/run/longhouse-console/operator.sock"
    ssh = [*sandbox.ssh[:1], "-N", "-o", "ControlPath=none", "-L", forward, *sandbox.ssh[1:]]
    process = subprocess.Popen(ssh)
    try:
        eventually(lambda: listens(port), within=20, what="tunnel")
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def test_over_ssh_root_needs_no_password(new_page: Callable[..., Page], tunnel: str) -> None:
    page = new_page()
    page.goto(f"{tunnel}/console")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(page.get_by_text("root (over ssh)")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("article")).to_have_count(3)
