"""Release after release and back again under mixed clients. LONGHOUSE_RELEASES says how many (default 2).

Shown with `pytest -s`: requests, those that failed, p99 of all and of those around a switch, and how long it took until
requests went to the new release and until the command was done.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from tests.releases.clients import Clients
from tests.releases.conftest import EchoHost

COUNT = int(os.environ.get("LONGHOUSE_RELEASES", "2"))


def test_releases_and_rollbacks_in_a_row_fail_no_request(host: EchoHost, clients: Clients) -> None:
    times: dict[str, list[tuple[float, float]]] = {"release": [], "rollback": []}
    begun = time.time()
    with clients:
        for number in range(1, COUNT + 1):
            version = f"round-{number % 6}"
            host.copy(version)
            times["release"].append(_timed(partial(host.release, version, "--watch 1")))
            if number % 2 == 0:
                times["rollback"].append(_timed(host.go_back))
            _show({"round": number, "requests": clients.requests, "failed": len(clients.failures)})
    events = host.events(begun)
    _show({
        "requests": clients.requests, "failed": len(clients.failures), "reconnects": clients.listener.reconnects,
        "p99_ms": round(clients.p99() * 1000),
        "p99_ms_around_a_switch": round(clients.p99(_switches(events)) * 1000),
        "changes": {kind: len(taken) for kind, taken in times.items()},
        "median_seconds_to_live": {kind: _until_live(taken, events) for kind, taken in times.items()},
        "median_seconds_in_all": {kind: _median([end - start for start, end in took]) for kind, took in times.items()},
        "median_seconds_of_steps": _steps(events),
    })  # fmt: skip
    assert clients.failures == []
    assert {status for _, status in clients.answers} == {200}
    assert len({release for release, _ in clients.answers}) > 1
    assert clients.listener.reconnects >= COUNT, "a release did not tell the WebSocket to come again"


def _timed(change: Callable[[], dict[str, Any]]) -> tuple[float, float]:
    begun = time.time()
    assert change()["failed"] == []
    return begun, time.time()


def _switches(events: Sequence[dict[str, Any]]) -> list[float]:
    return [_moment(event) for event in events if event["step"] == "switch"]


def _until_live(taken: Sequence[tuple[float, float]], events: Sequence[dict[str, Any]]) -> float | None:
    """From the command to the moment its links had moved."""
    return _median([moment - start for start, end in taken for moment in _switches(events) if start < moment < end])


def _steps(events: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    seconds: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event["outcome"] == "done":
            seconds[event["step"]].append(event["seconds"])
    return {step: _median(taken) for step, taken in seconds.items()}


def _median(seconds: Sequence[float]) -> float | None:
    return round(statistics.median(seconds), 2) if seconds else None


def _moment(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def _show(facts: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
