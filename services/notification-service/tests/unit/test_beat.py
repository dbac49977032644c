"""When beat sends the sweep, and what it does without."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

SECONDS = 5.0


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Beat's Celery application; its module reads the settings when it is imported."""
    monkeypatch.setenv("SERVICE", "notification")
    monkeypatch.setenv("CURSOR_KEY", "a-cursor-key-for-tests")
    return import_module("notifications.beat_app").app


@pytest.fixture
def sweep(app: Any) -> dict[str, Any]:
    found: dict[str, Any] = app.conf.beat_schedule["sweep"]
    return found


def test_the_first_sweep_is_due_at_once(sweep: dict[str, Any]) -> None:
    assert sweep["schedule"].is_due(sweep["last_run_at"]).is_due


def test_the_next_one_is_due_after_the_interval(sweep: dict[str, Any]) -> None:
    due, wait = sweep["schedule"].is_due(sweep["schedule"].now())
    assert not due
    assert 0 < wait <= SECONDS


def test_a_clock_set_back_stops_no_sweep(app: Any, sweep: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    before = sweep["schedule"].now() - timedelta(seconds=SECONDS)
    monkeypatch.setattr(app, "now", lambda: datetime.now(UTC) - timedelta(hours=1))
    assert sweep["schedule"].is_due(before).is_due


def test_beat_loads_nothing_that_delivers() -> None:
    """In a process of its own: the other tests of this one have imported most of it."""
    look = "import sys; from notifications.beat_app import app; app.loader.init_worker(); print(*sys.modules)"
    environment = os.environ | {"SERVICE": "notification", "CURSOR_KEY": "a-cursor-key-for-tests"}
    result = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert not loaded & {"apprise", "notifications.delivery.tasks", "notifications.delivery.courier"}
