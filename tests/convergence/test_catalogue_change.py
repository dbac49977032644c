"""A changed catalogue entry changes what belongs to it; the other services keep their main processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.convergence.site import ROOT, SandboxHost, play

CATALOGUE = ROOT / "services" / "catalogue.yml"
ECHO = {
    "name": "echo",
    "state": "live",
    "port": 8391,
    "path": "tests/fixtures/echo-service",
    "app": "echo.main:app",
    "web": {"workers": 1},
    "routes": ["/echo"],
    "health": {"live": "/livez", "ready": "/readyz"},
    "limits": {"memory": "128M"},
}


def entries() -> list[dict[str, Any]]:
    return list(yaml.safe_load(CATALOGUE.read_text())["catalogue_services"])


def web_units(*services: str) -> list[str]:
    return [f"longhouse-{service}@{colour}.service" for service in services for colour in ("blue", "green")]


def running(host: SandboxHost, *services: str) -> dict[str, int]:
    """The main process ids of the colours that run."""
    return {unit: pid for unit, pid in host.main_pids(*web_units(*services)).items() if pid}


def apply(host: SandboxHost, services: list[dict[str, Any]], folder: Path) -> list[str]:
    """Run the site with another catalogue; returns the names of the tasks that changed something."""
    file = folder / "catalogue.yml"
    file.write_text(json.dumps({"catalogue_services": services}))
    # The colour before stays warm for a rollback and keeps its port; here it may go at once.
    run = play(host, "-e", f"catalogue_file={file}", "-e", "platform_keep_warm_seconds=0")
    assert run.status == 0, run.output[-6000:]
    return run.changed


@pytest.fixture
def restored(host: SandboxHost) -> Iterator[None]:
    """Whatever a test did to the catalogue, the next one finds the committed one applied."""
    yield
    run = play(host)
    assert run.status == 0, run.output[-6000:]


@pytest.mark.usefixtures("restored")
def test_a_moved_port_touches_one_service(host: SandboxHost, tmp_path: Path) -> None:
    before = running(host, "user", "notification")
    moved = [entry | {"port": 8092} if entry["name"] == "order" else entry for entry in entries()]

    apply(host, moved, tmp_path)

    assert running(host, "user", "notification") == before
    listening = host.run("ss -Hltn")
    assert "127.0.0.1:8092" in listening or "127.0.0.1:8192" in listening
    assert "127.0.0.1:8082" not in listening
    assert "127.0.0.1:8182" not in listening


@pytest.mark.usefixtures("restored")
def test_a_new_entry_becomes_a_service_and_a_retired_one_leaves_its_data(host: SandboxHost, tmp_path: Path) -> None:
    before = running(host, "user", "order", "notification")

    apply(host, [*entries(), ECHO], tmp_path)
    assert running(host, "user", "order", "notification") == before
    assert json.loads(host.run("curl -sf http://127.0.0.1:8080/health/echo"))["colour"] == "blue"

    retired = [entry | {"state": "retired"} if entry["name"] == "notification" else entry for entry in entries()]
    untouched = running(host, "user", "order")
    # One entry is retired, the other one forgotten.
    apply(host, retired, tmp_path)

    assert running(host, "user", "order") == untouched
    assert running(host, "notification", "echo") == {}
    left = host.run("ls /etc/systemd/system /etc/nginx/conf.d /etc/longhouse")
    assert "echo" not in left
    assert "longhouse-notification" not in left
    databases = host.run("runuser -u postgres -- psql -Atqc 'select datname from pg_database'").split()
    assert "longhouse_notification" in databases
