"""The relay against the real database and broker: confirmed before deleted, in order, for ever."""

import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from chassis.messaging import topology
from chassis.messaging.broker import Broker
from chassis.messaging.claims import forget_sent
from chassis.messaging.envelope import CONTENT_TYPE, Event
from chassis.messaging.relay import Relay, no_checkpoint
from chassis.messaging.shutdown import Shutdown
from chassis.testing.waiting import wait_until

Background = Callable[[Callable[[Shutdown], object]], Shutdown]


def put(database: psycopg.Connection[Any], *events: Event) -> None:
    for event in events:
        database.execute(
            "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (%s, %s, %s, %s)",
            (event.id, event.subject, event.type, event.encode()),
        )


def count(database: psycopg.Connection[Any], table: str = "outbox") -> int:
    row = database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def start_relay(settings: Any, in_background: Background) -> Callable[..., Shutdown]:
    def start(**options: Any) -> Shutdown:
        return in_background(lambda shutdown: Relay(settings, shutdown, no_checkpoint, **options).run())

    return start


def test_events_arrive_persistent_and_whole_and_leave_the_outbox(
    *, database: Any, queue: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    event = make_event(note="grüße")
    put(database, event)
    start_relay()
    (message,) = mailbox.read(queue, 1)
    assert Event.decode(message.body) == event
    assert message.properties["delivery_mode"] == 2
    assert message.properties["content_type"] == CONTENT_TYPE
    assert message.properties["message_id"] == str(event.id)
    wait_until(lambda: count(database) == 0)


def test_a_sent_event_is_kept_for_a_day_and_can_be_sent_again_in_its_old_place(
    *, database: Any, queue: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    event = make_event()
    put(database, event)
    start_relay()
    mailbox.read(queue, 1)
    wait_until(lambda: count(database, "outbox_sent") == 1)
    # As a restore does it.
    database.execute(
        "INSERT INTO outbox (id, seq, aggregate_id, type, payload, created_at) OVERRIDING SYSTEM VALUE"
        " SELECT id, seq, aggregate_id, type, payload, created_at FROM outbox_sent"
    )
    (message,) = mailbox.read(queue, 1)
    assert Event.decode(message.body) == event
    wait_until(lambda: count(database) == 0)
    assert count(database, "outbox_sent") == 1
    assert forget_sent(database) == 0
    database.execute("UPDATE outbox_sent SET sent_at = now() - interval '25 hours'")
    assert forget_sent(database) == 1


def test_the_relay_forgets_what_was_sent_long_ago(database: Any, make_event: Any, start_relay: Any) -> None:
    put(database, make_event())
    database.execute(
        "INSERT INTO outbox_sent (id, seq, aggregate_id, type, payload, created_at, sent_at)"
        " SELECT gen_random_uuid(), seq, aggregate_id, type, payload, created_at, now() - interval '25 hours'"
        " FROM outbox"
    )
    start_relay()
    aged = "SELECT count(*) FROM outbox_sent WHERE sent_at < now() - interval '24 hours'"
    wait_until(lambda: database.execute(aged).fetchone()[0] == 0)


def test_events_of_one_aggregate_keep_their_order(
    database: Any, queue: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    put(database, *[make_event(about=f"order-{n % 7}", n=n) for n in range(210)])
    start_relay()
    events = [Event.decode(message.body) for message in mailbox.read(queue, 210)]
    assert len(events) == 210
    for aggregate in range(7):
        numbers = [event.data["n"] for event in events if event.subject == f"order-{aggregate}"]
        assert numbers == sorted(numbers)


def test_an_event_nobody_is_bound_to_stays_with_its_reason_and_holds_only_its_aggregate_back(
    *, database: Any, broker: Broker, word: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    channel = broker.channel()
    exchange = f"{word}.private"
    channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
    channel.queue_declare(f"{word}.private", durable=True, auto_delete=False, arguments=topology.dead_arguments())
    channel.queue_bind(f"{word}.private", exchange, f"{word}.happened.#")
    stuck, behind, free = make_event("lost.v1", about="a"), make_event(about="a"), make_event(about="b")
    put(database, stuck, behind, free)
    start_relay(exchange=exchange)
    (message,) = mailbox.read(f"{word}.private", 1)
    assert message.properties["message_id"] == str(free.id)
    wait_until(lambda: count(database) == 2)
    row = database.execute(
        "SELECT attempts, last_error, next_attempt_at > now() FROM outbox WHERE id = %s", (stuck.id,)
    )
    attempts, last_error, later = row.fetchone()
    assert attempts >= 1
    assert "no queue is bound" in last_error
    assert later
    # Somebody binds a queue: both leave by themselves, in order.
    channel.queue_bind(f"{word}.private", exchange, "#")
    database.execute("UPDATE outbox SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    found = mailbox.read(f"{word}.private", 2)
    assert [message.properties["message_id"] for message in found] == [str(stuck.id), str(behind.id)]
    broker.channel().queue_delete(f"{word}.private")
    broker.channel().exchange_delete(exchange)


def test_after_ten_attempts_an_event_is_set_aside_and_its_aggregate_goes_on(
    *, database: Any, broker: Broker, word: str, make_event: Any, start_relay: Any
) -> None:
    exchange = f"{word}.nowhere"
    broker.channel().exchange_declare(exchange, "topic", durable=True, auto_delete=False)
    put(database, make_event(about="a"))
    database.execute("UPDATE outbox SET attempts = 9")
    start_relay(exchange=exchange)
    wait_until(lambda: count(database, "outbox_dead") == 1)
    assert count(database) == 0
    assert database.execute("SELECT attempts, last_error FROM outbox_dead").fetchone() == (
        10,
        f"no queue is bound to {exchange} for {word}.happened.v1",
    )
    broker.channel().exchange_delete(exchange)


def test_a_full_queue_is_not_the_events_fault(
    *, database: Any, broker: Broker, word: str, make_event: Any, start_relay: Any
) -> None:
    channel, name = broker.channel(), f"{word}.full"
    channel.exchange_declare(name, "topic", durable=True, auto_delete=False)
    arguments = {"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-max-length": 1}
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    channel.queue_bind(name, name, "#")
    start_relay(exchange=name)

    def refused() -> int:
        """One more event, with one attempt left: the limit of a quorum queue is a soft one, noticed when it likes."""
        put(database, make_event())
        database.execute("UPDATE outbox SET attempts = 9 WHERE attempts = 0")
        kept = "SELECT count(*) FROM outbox WHERE last_error LIKE 'the broker refused%' AND attempts = 9"
        number: int = database.execute(kept).fetchone()[0]
        return number

    wait_until(refused)
    assert count(database, "outbox_dead") == 0
    channel.queue_purge(name)
    broker.channel().queue_delete(name)
    broker.channel().exchange_delete(name)


def test_a_missing_exchange_counts_nothing_and_heals(
    *, database: Any, broker: Broker, word: str, make_event: Any, start_relay: Any
) -> None:
    name = f"{word}.late"
    put(database, make_event())
    start_relay(exchange=name)
    wait_until(lambda: database.execute("SELECT attempts FROM outbox").fetchone() == (0,))
    channel = broker.channel()
    channel.exchange_declare(name, "topic", durable=True, auto_delete=False)
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=topology.dead_arguments())
    channel.queue_bind(name, name, "#")
    wait_until(lambda: count(database) == 0)
    broker.channel().queue_delete(name)
    broker.channel().exchange_delete(name)


@pytest.mark.parametrize("step", ["claimed", "published", "confirmed", "settled"])
def test_a_relay_killed_at_any_step_loses_nothing(
    *,
    step: str,
    database: Any,
    queue: str,
    mailbox: Any,
    make_event: Any,
    processes: Any,
    start_relay: Any,
) -> None:
    event = make_event()
    put(database, event)
    killed = processes.start(
        "import os, signal\n"
        "from chassis.messaging.relay import run_relay\n"
        f"die = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == {step!r} else None\n"
        "run_relay(settings, checkpoint=die)"
    )
    assert killed.wait(timeout=15) == -signal.SIGKILL
    assert count(database) == 1
    start_relay()
    wait_until(lambda: count(database) == 0)
    copies = mailbox.read(queue, 3, seconds=1.0)
    # Once, or twice when it died after the broker had it: the receivers' inbox drops the second copy.
    assert {message.properties["message_id"] for message in copies} == {str(event.id)}
    assert len(copies) == (1 if step == "claimed" else 2)


def test_only_one_relay_works_and_the_next_takes_over(
    *, database: Any, queue: str, mailbox: Any, make_event: Any, processes: Any
) -> None:
    source = "from chassis.messaging.relay import run_relay\nrun_relay(settings)"
    leader = processes.start(source)
    put(database, make_event())
    assert len(mailbox.read(queue, 1)) == 1
    standby = processes.start(source)
    connected = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%-relay' AND datname = current_database()"
    )
    wait_until(lambda: database.execute(connected).fetchone()[0] == 2)
    # A leader that hangs still leads: nobody may publish past it.
    leader.send_signal(signal.SIGSTOP)
    put(database, make_event())
    assert mailbox.read(queue, 1, seconds=1.5) == []
    leader.send_signal(signal.SIGCONT)
    assert len(mailbox.read(queue, 1)) == 1
    leader.terminate()
    assert leader.wait(timeout=10) == 0
    put(database, make_event())
    assert len(mailbox.read(queue, 1)) == 1
    standby.terminate()
    assert standby.wait(timeout=10) == 0


def test_a_database_that_cuts_the_connection_costs_a_pause(
    database: Any, queue: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    start_relay()
    put(database, make_event())
    assert len(mailbox.read(queue, 1)) == 1
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%-relay'"
                     " AND datname = current_database()")  # fmt: skip
    put(database, make_event())
    assert len(mailbox.read(queue, 1)) == 1


def test_a_clock_set_back_hides_no_row(
    database: Any, queue: str, mailbox: Any, make_event: Any, start_relay: Any
) -> None:
    put(database, make_event())
    database.execute("UPDATE outbox SET next_attempt_at = now() + interval '1 hour'")
    start_relay()
    assert len(mailbox.read(queue, 1)) == 1


def test_a_relay_needs_no_web_stack(processes: Any) -> None:
    check = processes.start(
        "import sys, chassis.messaging.relay, chassis.messaging.consumer\n"
        "heavy = {'fastapi', 'sqlalchemy', 'aiohttp', 'celery', 'starlette'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    assert check.wait(timeout=15) == 0, check.stderr.read()
