"""What `lhctl doctor` looks at: stores, units, space, services, alerts. Only read, and never for long."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lhctl import status
from lhctl.desired import Desired
from lhctl.errors import RefusedError
from lhctl.ports import Host

# What the platform stands on, in the order in which one needs the other: what people call it, and its page.
STORES = {
    "postgresql@17-main.service": ("PostgreSQL", "stores.md"),
    "redis-server@cache.service": ("Redis (cache)", "stores.md"),
    "redis-server@state.service": ("Redis (state)", "stores.md"),
    "rabbitmq-server.service": ("RabbitMQ", "stores.md"),
    "nginx.service": ("the edge", "edge.md"),
    "prometheus.service": ("Prometheus", "watching.md"),
    "prometheus-alertmanager.service": ("Alertmanager", "watching.md"),
}
_PLACES = ("/", "/var", "/opt", "/srv")
_ALERTS = "http://127.0.0.1:9093/api/v2/alerts?active=true&silenced=false&inhibited=false"
_SECONDS = 3.0


@dataclass(frozen=True)
class Evidence:
    """`stores` maps units of this host to ActiveState, `space` a place to the free part (0 to 1), `health` a service to
    the objection against its answer (empty: well); `alerts` is None when Alertmanager does not answer."""

    status: dict[str, Any]
    now: float
    stores: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    space: dict[str, float] = field(default_factory=dict)
    memory_free: float = 1.0
    health: dict[str, str] = field(default_factory=dict)
    alerts: list[dict[str, Any]] | None = None


def gather(host: Host) -> Evidence:
    """Everything at once."""
    found = status.collect(host)
    ready = _ready_paths(host)
    serving = [one for one in found["services"] if one["active"]]
    return Evidence(
        status=found, now=time.time(), stores=_stores(), failed=_failed(), space=_space(), memory_free=_memory(),
        health={one["name"]: _objection(host, one, ready.get(one["name"], "/readyz")) for one in serving},
        alerts=_alerts(),
    )  # fmt: skip


def _systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False).stdout


def _stores() -> dict[str, str]:
    """Those whose software is here at all."""
    blocks = _systemctl("show", "--property=LoadState,ActiveState", *STORES).strip().split("\n\n")
    states = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]
    return {
        unit: state.get("ActiveState", "")
        for unit, state in zip(STORES, states, strict=False)
        if state.get("LoadState") == "loaded"
    }


def _failed() -> tuple[str, ...]:
    lines = _systemctl("list-units", "--state=failed", "--plain", "--no-legend").splitlines()
    return tuple(line.split()[0] for line in lines if line.strip())


def _space() -> dict[str, float]:
    free = {}
    for place in _PLACES:
        if os.path.ismount(place):
            numbers = os.statvfs(place)
            free[place] = numbers.f_bavail / max(1, numbers.f_blocks)
            if numbers.f_files:
                free[f"{place} (files)"] = numbers.f_favail / numbers.f_files
    return free


def _memory() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    return sizes["MemAvailable"] / sizes["MemTotal"]


def _ready_paths(host: Host) -> dict[str, str]:
    """What the last play said; without it, what services on the chassis have."""
    try:
        return {wanted.name: wanted.ready for wanted in Desired.read(host.layout.desired).services}
    except RefusedError:
        return {}


def _objection(host: Host, service: dict[str, Any], path: str) -> str:
    """Asked where the edge asks: through the first link."""
    answer = host.probe.get(host.layout.service(service["name"]).links()[0], path)
    if answer.status == 200:
        return ""
    checks = answer.body.get("checks") or {}
    failing = [name for name, said in checks.items() if not (isinstance(said, dict) and said.get("status") == "ok")]
    return f"not ready: {', '.join(failing)}" if failing else str(answer)


def _alerts() -> list[dict[str, Any]] | None:
    try:
        with urllib.request.urlopen(_ALERTS, timeout=_SECONDS) as response:
            found: list[dict[str, Any]] = json.load(response)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found
