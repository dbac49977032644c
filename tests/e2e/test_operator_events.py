"""The operator's hand on events: dead letters seen, sent again and dropped; past events replayed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.e2e.poison import UNKNOWN_VERSION, publishing
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually


@pytest.fixture(autouse=True)
def no_new_dead_letters(sandbox: Sandbox) -> Iterator[None]:
    """Whoever uses the host next must not meet this file's dead letters."""
    before = sandbox.run("lhctl dead-letters list --json")
    yield
    assert json.loads(sandbox.run("lhctl dead-letters list --json")) == json.loads(before)


@pytest.fixture
def poison(sandbox: Sandbox) -> str:
    """The id of an event in a version that no subscriber knows, published like any other."""
    return sandbox.run(publishing("order.placed.v9", json.dumps(UNKNOWN_VERSION))).strip()


def letters(sandbox: Sandbox, event_id: str) -> list[dict[str, Any]]:
    found = json.loads(sandbox.run("lhctl dead-letters list --json"))
    return [letter for letter in found if letter["id"] == event_id]


def test_poison_is_named_and_stops_nobody(sandbox: Sandbox, poison: str, customer: Client) -> None:
    assert customer.order().status_code == 201
    assert sandbox.email(customer.email, "Your order over")

    (letter,) = eventually(lambda: letters(sandbox, poison), within=30, what="dead letter")
    assert (letter["source"], letter["type"]) == ("notification.events", "order.placed.v9")
    assert letter["reason"] == "unknown version: order.placed.v9"
    assert f"dead in notification.events: {letter['reason']}" in sandbox.run("lhctl events")
    (shown,) = json.loads(sandbox.run(f"lhctl dead-letters show {poison} --json"))
    assert shown["body"]["data"] == {"total": 1}

    # Sent again it dies again: nothing has been repaired.
    died_at = letter["died_at"]
    assert json.loads(sandbox.run(f"lhctl dead-letters redrive {poison} --json")) == {"done": [poison]}
    (again,) = eventually(
        lambda: [one for one in letters(sandbox, poison) if one["died_at"] > died_at], within=30, what="second death"
    )
    assert again["tries"] == 1

    assert json.loads(sandbox.run(f"lhctl dead-letters drop {poison} --json")) == {"done": [poison]}
    assert letters(sandbox, poison) == []
    kept = sandbox.run("tail -n 1 /var/lib/longhouse/dropped-dead-letters")
    assert json.loads(kept)["body"]["data"] == {"total": 1}


def test_a_subscriber_that_forgot_is_told_again_and_once(
    sandbox: Sandbox, customer: Client, new_client: Callable[[], Client]
) -> None:
    since = (datetime.now(UTC) - timedelta(seconds=5)).isoformat(timespec="seconds")
    placed = customer.order()
    first = sandbox.email(customer.email, "Your order over")
    event_id = str(first["X-Longhouse-Event-Id"])
    forget = "DELETE FROM notification WHERE event_id = :'event'; DELETE FROM inbox WHERE event_id = :'event'"
    psql = f"runuser -u postgres -- psql -q -d longhouse_notification --set=event={event_id}"
    sandbox.run(f"echo {shlex.quote(forget)} | {psql}")

    # A replay begins with the whole chunk of the stream that holds the time, so it may begin earlier than asked:
    # one version alone keeps other tests' poison out of it.
    replay = f"lhctl replay notification --since {since} --type order.placed.v1 --json"
    assert json.loads(sandbox.run(replay + " --dry-run"))["sent"] >= 1
    # Whoever comes after it in the queue has been welcomed: what the dry run sent would have been told by now.
    marker = new_client()
    marker.register()
    sandbox.email(marker.email, "Welcome")
    assert len(orders_told(sandbox, customer)) == 1, "a dry run sends nothing"
    assert json.loads(sandbox.run(replay))["types"]["order.placed.v1"] >= 1
    eventually(lambda: len(orders_told(sandbox, customer)) == 2, within=30, what="email from the replay")
    assert {mail["X-Longhouse-Event-Id"] for mail in orders_told(sandbox, customer)} == {event_id}
    assert {mail["Message-ID"] for mail in orders_told(sandbox, customer)} == {first["Message-ID"]}

    sandbox.run(replay)
    # A later event proves that the queue has been worked off.
    assert customer.delete(placed.headers["location"]).status_code == 200
    sandbox.email(customer.email, "is cancelled")
    assert len(orders_told(sandbox, customer)) == 2, "the inbox passes over what was applied"


def orders_told(sandbox: Sandbox, customer: Client) -> list[Any]:
    return [mail for mail in sandbox.emails(customer.email) if "Your order over" in str(mail["Subject"])]
