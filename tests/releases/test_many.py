"""Release after release and back again under mixed clients. LONGHOUSE_RELEASES says how many (default 2)."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.releases.clients import Clients
from tests.releases.conftest import EchoHost

COUNT = int(os.environ.get("LONGHOUSE_RELEASES", "2"))


def test_releases_and_rollbacks_in_a_row_fail_no_request(host: EchoHost, clients: Clients) -> None:
    seconds: dict[str, list[float]] = {"release": [], "rollback": []}
    with clients:
        for number in range(1, COUNT + 1):
            version = f"round-{number % 6}"
            seconds["release"].append(_timed(partial(host.deploy, version, "--watch 1")))
            if number % 2 == 0:
                seconds["rollback"].append(_timed(host.go_back))
    # For whoever asked for many: pytest -s shows it.
    medians = {kind: round(statistics.median(taken), 1) for kind, taken in seconds.items() if taken}
    counts = {kind: len(taken) for kind, taken in seconds.items()}
    report = {"requests": clients.requests, "failed": len(clients.failures), "p99_ms": round(clients.p99() * 1000)}
    sys.stdout.write(json.dumps({**report, "changes": counts, "median_seconds": medians}) + "\n")
    assert clients.failures == []
    assert {status for _, status in clients.answers} == {200}
    assert len({release for release, _ in clients.answers}) > 1


def _timed(change: Callable[[], dict[str, Any]]) -> float:
    begun = time.monotonic()
    assert change()["failed"] == []
    return time.monotonic() - begun
