"""Whatever is due gets a reminder, soon and bounded; a broker that is away costs time and nothing else."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from chassis.messaging.broker import BrokerUnavailable
from chassis.testing.waiting import wait_until
from notifications.delivery import dispatcher as dispatching
from notifications.delivery.dispatcher import BATCH, Dispatcher, dispatch_due
from notifications.delivery.reminders import TaskQueue
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings
from notifications.testing.desk import Desk

Connect = Callable[[], psycopg.Connection[Any]]


class FakeReminders:
    """Keeps what is put; refuses or fails as told."""

    def __init__(self) -> None:
        self.put_in: list[UUID] = []
        self.refuse: set[UUID] = set()
        self.away = False

    def put(self, deliveries: Sequence[tuple[UUID, Channel]]) -> set[UUID]:
        if self.away:
            raise BrokerUnavailable("no confirm")
        taken = [id_ for id_, _ in deliveries if id_ not in self.refuse]
        self.put_in += taken
        return set(taken)


def test_what_is_due_is_reminded_of_once(desk: Desk) -> None:
    reminders = FakeReminders()
    due, later = desk.add(), desk.add()
    desk.connection.execute("UPDATE delivery SET next_attempt_at = now() + interval '1 h' WHERE id = %s", (later,))
    assert dispatch_due(desk.connection, reminders) == 1
    assert dispatch_due(desk.connection, reminders) == 0
    assert reminders.put_in == [due]
    desk.let_pass(timedelta(hours=1))
    assert dispatch_due(desk.connection, reminders) == 1
    assert reminders.put_in == [due, later]


def test_a_broker_that_is_away_leaves_the_delivery_due(desk: Desk) -> None:
    reminders = FakeReminders()
    reminders.away = True
    delivery = desk.add()
    with pytest.raises(BrokerUnavailable):
        dispatch_due(desk.connection, reminders)
    assert desk.delivery(delivery)["enqueued_at"] is None
    reminders.away = False
    assert dispatch_due(desk.connection, reminders) == 1


def test_a_refused_reminder_leaves_the_delivery_due(desk: Desk) -> None:
    reminders = FakeReminders()
    refused, taken = desk.add(), desk.add()
    reminders.refuse = {refused}
    assert dispatch_due(desk.connection, reminders) == 1
    assert reminders.put_in == [taken]
    assert desk.delivery(refused)["enqueued_at"] is None


def test_the_broker_never_holds_more_than_the_window(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "WINDOW", 7)
    reminders = FakeReminders()
    for _ in range(10):
        desk.add()
    sms = desk.add(Channel.SMS)
    while dispatch_due(desk.connection, reminders):
        pass
    assert len(reminders.put_in) == 8, "seven emails, and the other channel is not held up"
    assert sms in reminders.put_in
    desk.connection.execute(
        "UPDATE delivery SET status = 'sent', enqueued_at = NULL WHERE id = %s",
        (next(iter({*reminders.put_in} - {sms})),),
    )
    assert dispatch_due(desk.connection, reminders) == 1


def test_a_batch_is_bounded(desk: Desk) -> None:
    for _ in range(BATCH + 5):
        desk.add()
    reminders = FakeReminders()
    assert dispatch_due(desk.connection, reminders) == BATCH
    assert dispatch_due(desk.connection, reminders) == 5


def test_of_those_that_wait_for_a_channel_one_goes_ahead(desk: Desk) -> None:
    for _ in range(5):
        desk.add()
    desk.connection.execute("UPDATE delivery SET awaiting_channel = true")
    reminders = FakeReminders()
    assert dispatch_due(desk.connection, reminders) == 1


def test_two_dispatchers_at_once_remind_of_different_deliveries(desk: Desk, connect: Connect) -> None:
    desk.add()
    first, second = connect(), connect()
    with first.transaction():
        assert dispatch_due(first, FakeReminders()) == 1
        assert dispatch_due(second, FakeReminders()) == 0


def depth(channel: Any, queue: str) -> int:
    """How many messages wait in ``queue``."""
    return int(channel.queue_declare(queue, passive=True).message_count)


@pytest.fixture
def queue(settings: NotificationSettings) -> Any:
    queue = TaskQueue(settings, role="test-dispatcher")
    yield queue
    queue.close()


def test_reminders_reach_the_queue_of_their_channel(desk: Desk, channel: Any, queue: TaskQueue) -> None:
    delivery, sms = desk.add(), desk.add(Channel.SMS)
    assert dispatch_due(desk.connection, queue) == 2
    message = channel.basic_get("notification.email", no_ack=True)
    assert message.headers["task"] == "notifications.deliver"
    assert str(delivery) in message.body
    assert str(sms) in channel.basic_get("notification.sms", no_ack=True).body


def test_a_missing_queue_is_a_refusal_and_not_a_loss(desk: Desk, channel: Any, queue: TaskQueue) -> None:
    delivery = desk.add()
    channel.queue_unbind("notification.email", "tasks", "notification.email")
    try:
        assert dispatch_due(desk.connection, queue) == 0
        assert desk.delivery(delivery)["enqueued_at"] is None
    finally:
        channel.queue_bind("notification.email", "tasks", "notification.email")


@pytest.fixture
def dispatcher(connect: Connect, queue: TaskQueue) -> Any:
    failed = threading.Event()
    dispatcher = Dispatcher(connect, queue, on_failure=failed.set)
    dispatcher.start()
    yield dispatcher
    dispatcher.stop()
    assert failed.is_set() == dispatcher.failed


def test_a_row_that_nobody_announced_is_seen_within_a_second(desk: Desk, channel: Any, dispatcher: Dispatcher) -> None:
    time.sleep(0.2)
    desk.add()
    wait_until(lambda: depth(channel, "notification.email") == 1, seconds=1.0)


def test_the_thread_outlives_a_restart_of_the_database(desk: Desk, channel: Any, dispatcher: Dispatcher) -> None:
    desk.add()
    wait_until(lambda: depth(channel, "notification.email") == 1)
    desk.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    desk.add()
    wait_until(lambda: depth(channel, "notification.email") == 2)
    assert not dispatcher.failed


def test_a_bug_ends_the_process_instead_of_idling(
    desk: Desk, connect: Connect, queue: TaskQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(dispatching, "dispatch_due", bug)
    failed = threading.Event()
    dispatcher = Dispatcher(connect, queue, on_failure=failed.set)
    dispatcher.start()
    assert failed.wait(5)
    assert dispatcher.failed
