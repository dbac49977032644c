"""Something breaks on a live host: the right alert reaches Alertmanager, and no other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.drills.faults import FAULTS, Fault
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.faults.history import History
from tests.faults.throughput import Load

ALWAYS = {"Watchdog"}
# Twice group and resolve times, and the longest window of a rule that a drill touches.
CLEAR_SECONDS = 420
QUIET_SECONDS, ORDERS_A_SECOND = 600.0, 5.0
ACTIVE = "amtool --alertmanager.url http://127.0.0.1:9093 alert query --active --output json"


def active(sandbox: Sandbox) -> dict[str, str]:
    """Alert name to summary of what fires and is not kept quiet by its cause."""
    found = json.loads(sandbox.run(ACTIVE))
    told = {alert["labels"]["alertname"]: alert["annotations"]["summary"] for alert in found if not is_machines(alert)}
    return {name: summary for name, summary in told.items() if name not in ALWAYS}


def is_machines(alert: dict[str, Any]) -> bool:
    """The root of a sandbox host is on the machine's disk: others fill it."""
    return bool(alert["labels"].get("mountpoint") == "/")


@contextmanager
def broken(sandbox: Sandbox, fault: Fault) -> Iterator[None]:
    try:
        sandbox.run(fault.breaking)
        yield
    finally:
        sandbox.run(fault.mending)


def test_ten_minutes_of_orders_bring_no_alert(sandbox: Sandbox) -> None:
    eventually(lambda: not active(sandbox), within=CLEAR_SECONDS, what="quiet host before the orders")
    load = Load(sandbox, History(honest=frozenset({401})), ORDERS_A_SECOND, QUIET_SECONDS)
    told: dict[str, str] = {}
    with ThreadPoolExecutor(1) as elsewhere:
        orders = elsewhere.submit(asyncio.run, load.run())
        while not orders.done():
            told |= active(sandbox)
            time.sleep(5)
    print(f"{int(ORDERS_A_SECOND * QUIET_SECONDS)} orders in {QUIET_SECONDS:.0f} s")
    assert told == {}
    assert orders.result().breaches == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_right_alert_comes_and_no_other(fault: Fault, sandbox: Sandbox, customer: Client) -> None:
    eventually(lambda: not active(sandbox), within=CLEAR_SECONDS, what="quiet host before the drill")
    if fault.requests:
        # Who has no order is answered before anything of orders is read.
        assert customer.order().status_code == 201
    with broken(sandbox, fault):
        started = time.monotonic()
        alerts = eventually(awaited(fault, sandbox, customer), within=fault.within, what=fault.alert)
        print(f"{fault.name}: {fault.alert} after {time.monotonic() - started:.0f} s")
        assert set(alerts) <= {fault.alert} | fault.also
        assert "error" not in alerts[fault.alert]  # of a template that could not be filled in
    eventually(lambda: not set(active(sandbox)) - fault.also, within=CLEAR_SECONDS, what="quiet host after the drill")


def awaited(fault: Fault, sandbox: Sandbox, customer: Client) -> Callable[[], dict[str, str] | None]:
    def look() -> dict[str, str] | None:
        if fault.requests:
            for _ in range(5):
                customer.get("/api/orders")
        alerts = active(sandbox)
        return alerts if fault.alert in alerts else None

    return look


def test_people_are_written_to(sandbox: Sandbox) -> None:
    """The drills before this one reached the mailbox, with what to do."""
    mail = sandbox.email("operators@sandbox.example.com", "PostgresqlDown", within=60)
    texts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    assert any(b"docs/operations/stores.md#postgresqldown" in text for text in texts if isinstance(text, bytes))
