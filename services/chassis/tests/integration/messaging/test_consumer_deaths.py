"""A consumer that is killed, by its operator or by a message, and one that is asked to stop."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from chassis.messaging import topology
from chassis.messaging.application import Application
from chassis.messaging.envelope import Event
from chassis.messaging.inbox import RETENTION
from chassis.messaging.relay import no_checkpoint
from chassis.testing.waiting import wait_until

Send = Callable[..., None]


def write_note(connection: psycopg.Connection[Any], event: Event) -> None:
    connection.execute("INSERT INTO applied VALUES (%s, %s)", (event.id, str(event.data.get("n", ""))))


def notes(database: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in database.execute("SELECT note FROM applied ORDER BY ctid").fetchall()]


CONSUMER = (
    "import os, signal\n"
    "from chassis.messaging.consumer import run_consumer\n"
    "def write(connection, event):\n"
    "    connection.execute('INSERT INTO applied VALUES (%s, %s)', (event.id, str(event.data.get('n', ''))))\n"
    "    if event.data.get('deadly'): os.kill(os.getpid(), signal.SIGKILL)\n"
)


@pytest.mark.parametrize("step", ["inboxed", "handled", "committed"])
def test_a_consumer_killed_at_any_step_applies_each_event_once(
    *,
    step: str,
    database: Any,
    queue: str,
    word: str,
    make_event: Any,
    send: Send,
    processes: Any,
    consume: Any,
) -> None:
    send(make_event(n=1))
    killed = processes.start(
        f"{CONSUMER}die = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == {step!r} else None\n"
        f"run_consumer(settings, {queue!r}, {{'{word}.happened.v1': write}}, checkpoint=die)"
    )
    assert killed.wait(timeout=15) == -signal.SIGKILL
    assert notes(database) == (["1"] if step == "committed" else [])
    send(make_event(n=2))
    consume({f"{word}.happened.v1": write_note})
    wait_until(lambda: notes(database) == ["1", "2"])


def test_an_event_that_kills_its_consumer_takes_no_innocent_one_along(
    *,
    database: Any,
    queue: str,
    word: str,
    mailbox: Any,
    make_event: Any,
    send: Send,
    processes: Any,
    consume: Any,
) -> None:
    send(*[make_event(n=n) for n in range(3)])
    send(make_event(deadly=True))
    send(*[make_event(n=n) for n in range(3, 20)])
    source = f"{CONSUMER}run_consumer(settings, {queue!r}, {{'{word}.happened.v1': write}})"
    for _ in range(topology.DELIVERY_LIMIT + 1):
        assert processes.start(source).wait(timeout=15) == -signal.SIGKILL
    consume({f"{word}.happened.v1": write_note})
    wait_until(lambda: len(notes(database)) == 20)
    (dead,) = mailbox.read(topology.dead_queue(queue), 1)
    assert dead.properties["application_headers"]["x-first-death-reason"] == "delivery_limit"
    assert Event.decode(dead.body).data == {"deadly": True}


def test_sigterm_finishes_the_work_in_hand(
    *, database: Any, queue: str, word: str, make_event: Any, send: Send, processes: Any
) -> None:
    send(*[make_event(n=n) for n in range(40)])
    slow = CONSUMER.replace("    if event", "    import time; time.sleep(0.02)\n    if event")
    process = processes.start(f"{slow}run_consumer(settings, {queue!r}, {{'{word}.happened.v1': write}})")
    wait_until(lambda: len(notes(database)) >= 3)
    process.terminate()
    assert process.wait(timeout=15) == 0
    assert notes(database) == [str(n) for n in range(40)]


def test_old_inbox_rows_go(database: Any, settings: Any) -> None:
    for age in (RETENTION + timedelta(days=1), RETENTION - timedelta(days=1)):
        database.execute("INSERT INTO inbox VALUES ('q', gen_random_uuid(), now() - %s)", (age,))
    database.execute("INSERT INTO applied VALUES (NULL, 'old')")
    application = Application(settings, "q", {}, no_checkpoint, chores=["DELETE FROM applied"])
    application.do_chores()
    application.close()
    assert database.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    assert notes(database) == []
