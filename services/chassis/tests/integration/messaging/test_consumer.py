"""The consumer against the real database and broker: each event applied exactly once, poison set aside."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import amqp  # type: ignore[import-untyped]
import psycopg
import pytest
from pydantic import BaseModel

from chassis.messaging import delivery, topology
from chassis.messaging.broker import Broker
from chassis.messaging.envelope import Event, Undecodable
from chassis.messaging.publisher import Outgoing, Publisher
from chassis.testing.waiting import wait_until

Send = Callable[..., None]


class HandlerError(Exception):
    """What a handler with a bug raises."""


def write_note(connection: psycopg.Connection[Any], event: Event) -> None:
    connection.execute("INSERT INTO applied VALUES (%s, %s)", (event.id, str(event.data.get("n", ""))))


def notes(database: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in database.execute("SELECT note FROM applied ORDER BY ctid").fetchall()]


def test_an_event_is_applied_once_however_often_it_arrives(
    *, database: Any, word: str, make_event: Any, send: Send, consume: Any
) -> None:
    event, last = make_event(n=1), make_event(n=2)
    send(event)
    send(event)
    send(event)
    send(last)
    consume({f"{word}.happened.v1": write_note})
    wait_until(lambda: notes(database) == ["1", "2"])


def test_a_delivery_that_the_broker_lost_on_its_way_is_asked_for_again(
    *, monkeypatch: pytest.MonkeyPatch, database: Any, word: str, make_event: Any, send: Send, consume: Any
) -> None:
    """The broker counts it as delivered, the channel never saw it, and no other message follows."""
    lost: list[object] = []
    subscribe = amqp.Channel.basic_consume

    def on_a_bad_day(channel: amqp.Channel, queue: str, *, callback: Callable[[object], None]) -> str:
        return str(subscribe(channel, queue, callback=callback if lost else lost.append))

    monkeypatch.setattr(amqp.Channel, "basic_consume", on_a_bad_day)
    monkeypatch.setattr(delivery, "DOUBT_SECONDS", (0.3, 1.0))
    send(make_event(n=1))
    consume({f"{word}.happened.v1": write_note})
    wait_until(lambda: notes(database) == ["1"])
    assert len(lost) == 1


def test_a_failed_handler_leaves_nothing_behind_and_gets_another_try(
    *, database: Any, word: str, make_event: Any, send: Send, consume: Any
) -> None:
    tries: list[float] = []

    def handler(connection: psycopg.Connection[Any], event: Event) -> None:
        write_note(connection, event)
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise HandlerError("not yet")

    send(make_event(n=7))
    consume({f"{word}.happened.v1": handler})
    wait_until(lambda: notes(database) == ["7"])
    assert tries[1] - tries[0] >= 0.5
    assert tries[2] - tries[1] >= 1.0


def test_poison_ends_in_the_dead_letters_with_its_reason_and_stops_nobody(
    *,
    database: Any,
    queue: str,
    word: str,
    mailbox: Any,
    make_event: Any,
    send: Send,
    consume: Any,
) -> None:
    tries: Counter[str] = Counter()

    def handler(connection: psycopg.Connection[Any], event: Event) -> None:
        tries[event.subject] += 1
        if event.subject == "poison":
            raise HandlerError("cannot be applied")
        write_note(connection, event)

    send(make_event(about="poison"), *[make_event(n=n) for n in range(5)])
    consume({f"{word}.happened.v1": handler})
    wait_until(lambda: sorted(notes(database)) == ["0", "1", "2", "3", "4"], seconds=2.0)
    (dead,) = mailbox.read(topology.dead_queue(queue), 1, seconds=12.0)
    headers = dead.properties["application_headers"]
    assert headers["x-reason"] == "failed 5 times: HandlerError: cannot be applied"
    assert headers["x-source-queue"] == queue
    assert headers["x-tries"] == 5
    assert headers["x-routing-key"] == f"{word}.happened.v1"
    assert tries["poison"] == 5
    assert Event.decode(dead.body).subject == "poison"


def test_later_events_of_the_same_aggregate_wait_for_the_failed_one(
    *, database: Any, word: str, make_event: Any, send: Send, consume: Any
) -> None:
    seen: list[int] = []

    def handler(connection: psycopg.Connection[Any], event: Event) -> None:
        seen.append(event.data["n"])
        if event.data["n"] == 1 and seen.count(1) < 3:
            raise HandlerError("not yet")
        write_note(connection, event)

    send(make_event(about="order", n=1))
    send(make_event(about="order", n=2))
    send(make_event(about="order", n=3))
    send(make_event(about="other", n=4))
    consume({f"{word}.happened.v1": handler})
    wait_until(lambda: len(notes(database)) == 4)
    assert [note for note in notes(database) if note != "4"] == ["1", "2", "3"]
    assert notes(database)[0] == "4"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe not json", "undecodable: body"),
        (b'{"id": "x"}', "undecodable: id"),
    ],
)
def test_what_is_no_event_is_dead_at_once(
    *, body: bytes, reason: str, queue: str, word: str, broker: Broker, mailbox: Any, make_event: Any, consume: Any
) -> None:
    Publisher(broker).publish(
        [Outgoing(make_event().id, topology.EVENTS_EXCHANGE, f"{word}.happened.v1", body, "text/plain")]
    )
    consume({f"{word}.happened.v1": write_note})
    (dead,) = mailbox.read(topology.dead_queue(queue), 1)
    assert dead.properties["application_headers"]["x-reason"].startswith(reason)
    assert dead.properties["application_headers"]["x-tries"] == 1


def test_an_unknown_version_is_dead_at_once_and_an_unknown_name_is_nobodys_business(
    *,
    database: Any,
    queue: str,
    word: str,
    mailbox: Any,
    make_event: Any,
    send: Send,
    consume: Any,
) -> None:
    send(make_event("happened.v2"), make_event("ignored.v1"))
    send(make_event(n=1))
    consume({f"{word}.happened.v1": write_note})
    (dead,) = mailbox.read(topology.dead_queue(queue), 1)
    assert dead.properties["application_headers"]["x-reason"] == f"unknown version: {word}.happened.v2"
    wait_until(lambda: notes(database) == ["1"])
    assert mailbox.read(topology.dead_queue(queue), 1, seconds=0.3) == []


def test_data_that_breaks_its_contract_is_dead_at_once(
    *, queue: str, word: str, mailbox: Any, make_event: Any, send: Send, consume: Any
) -> None:
    class Contract(BaseModel):
        needed: int

    send(make_event(other=1))
    consume({f"{word}.happened.v1": lambda _connection, event: Contract.model_validate(event.data) and None})
    (dead,) = mailbox.read(topology.dead_queue(queue), 1)
    assert dead.properties["application_headers"]["x-reason"].startswith("undecodable: ValidationError")


def test_what_a_handler_cannot_read_is_dead_at_once_with_its_words(
    *, queue: str, word: str, mailbox: Any, make_event: Any, send: Send, consume: Any
) -> None:
    def handler(_connection: psycopg.Connection[Any], _event: Event) -> None:
        raise Undecodable("data.needed: missing")

    send(make_event())
    consume({f"{word}.happened.v1": handler})
    (dead,) = mailbox.read(topology.dead_queue(queue), 1)
    assert dead.properties["application_headers"]["x-reason"] == "undecodable: data.needed: missing"


def test_trouble_of_the_database_never_counts_as_a_try(
    *,
    database: Any,
    queue: str,
    word: str,
    mailbox: Any,
    make_event: Any,
    send: Send,
    consume: Any,
) -> None:
    tries: list[int] = []

    def handler(connection: psycopg.Connection[Any], event: Event) -> None:
        tries.append(1)
        if len(tries) <= 5:
            # What an administrator's restart does to a connection in the middle of a transaction.
            database.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        write_note(connection, event)

    send(make_event(n=1))
    consume({f"{word}.happened.v1": handler})
    wait_until(lambda: notes(database) == ["1"], seconds=30)
    assert len(tries) == 6
    assert mailbox.read(topology.dead_queue(queue), 1, seconds=0.3) == []


def test_hooks_run_after_the_commit_and_their_failure_undoes_nothing(
    *, database: Any, word: str, make_event: Any, send: Send, consume: Any
) -> None:
    seen: list[list[str]] = []

    def handler(connection: psycopg.Connection[Any], event: Event) -> list[Callable[[], object]]:
        write_note(connection, event)
        return [lambda: seen.append(notes(database)), lambda: 1 / 0, lambda: seen.append(["third"])]

    send(make_event(n=1))
    consume({f"{word}.happened.v1": handler})
    wait_until(lambda: seen == [["1"], ["third"]])
