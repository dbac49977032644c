"""/docs: one page for all APIs, drawn by a real browser from our own files alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox

SERVICES = ("user", "order", "notification")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_describes_itself(anybody: Client, service: str) -> None:
    document = anybody.get(f"/openapi/{service}.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"]


@pytest.fixture(scope="module")
def page(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What a browser made of the page, and what it complained about."""
    profile: Path = tmp_path_factory.mktemp("browser")
    shown = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--ignore-certificate-errors", "--enable-logging=stderr", "--virtual-time-budget=20000",
            f"--user-data-dir={profile}", "--dump-dom", f"{sandbox.base_url}/docs",
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return shown.stdout, "\n".join(line for line in shown.stderr.splitlines() if "CONSOLE" in line)


def test_the_page_shows_every_api(page: tuple[str, str]) -> None:
    dom, _ = page
    for service in SERVICES:
        assert f'<section id="{service}">' in dom
    for path in ("/api/auth/login", "/api/orders", "/api/notifications/send"):
        assert re.search(rf'data-path="{path}"', dom), path


def test_the_browser_refused_and_missed_nothing(page: tuple[str, str]) -> None:
    _, complaints = page
    assert complaints == ""


def test_the_page_is_ours_alone(anybody: Client) -> None:
    policy = anybody.get("/docs").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
