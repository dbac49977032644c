"""An attempt ends in the one right state, whatever the channel does."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from notifications.channels.port import Message, NotConfigured, Refused, Rejected, Unreachable
from notifications.channels.registry import Channels
from notifications.delivery.courier import REST_SECONDS, Courier
from notifications.delivery.patience import PatientDatabase
from notifications.delivery.retry_policy import RetryPolicy
from notifications.notifications.status import Channel, DeliveryStatus
from notifications.subscriptions.erasure import erase_recipient
from notifications.subscriptions.intake import record_event
from notifications.templates.opener import Opener
from notifications.testing.desk import Desk
from notifications.testing.examples import SEALING_KEY, TOKEN, event

Connect = Callable[[], psycopg.Connection[Any]]
POLICY = RetryPolicy(most_refusals=3)


class FakeChannel:
    """Takes messages, or raises ``problem``; ``before`` runs within the attempt."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.problem: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def send(self, message: Message) -> str:
        self.before()
        if self.problem is not None:
            raise self.problem
        self.sent.append(message)
        return "taken"

    def close(self) -> None:
        pass


class Watch:
    """A monotonic clock that stands still."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def email() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def courier(connect: Connect, email: FakeChannel, watch: Watch) -> Iterator[Courier]:
    def no_sms() -> FakeChannel:
        raise NotConfigured("sms is not configured: the credential sms_url is absent or empty")

    courier = Courier(
        PatientDatabase(connect, patience=2),
        Channels({Channel.EMAIL: lambda: email, Channel.SMS: no_sms}),
        POLICY,
        jitter=lambda: 0.0,
        monotonic=watch,
    )
    yield courier
    courier.close()


def test_a_delivery_is_sent_once_and_recorded(desk: Desk, courier: Courier, email: FakeChannel) -> None:
    delivery = desk.add()
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.SENT
    assert courier.deliver(delivery, Channel.EMAIL) is None
    assert [message.delivery_id for message in email.sent] == [delivery]
    row = desk.delivery(delivery)
    assert (row["status"], row["attempts"], row["last_error"]) == ("sent", 1, None)
    assert row["sent_at"] is not None
    (attempt,) = desk.attempts(delivery)
    assert (attempt["outcome"], attempt["receipt"], attempt["error"]) == ("sent", "taken", None)


def test_the_attempt_is_on_record_while_it_is_made(
    desk: Desk, courier: Courier, email: FakeChannel, connect: Connect
) -> None:
    delivery = desk.add()
    seen: list[Any] = []
    email.before = lambda: seen.extend(
        connect().execute("SELECT status, outcome FROM delivery JOIN delivery_attempt ON delivery_id = id").fetchall()
    )
    courier.deliver(delivery, Channel.EMAIL)
    assert seen == [("sending", None)]


def test_nobody_else_takes_a_delivery_that_is_being_sent(
    desk: Desk, courier: Courier, email: FakeChannel, connect: Connect
) -> None:
    delivery = desk.add()
    other = FakeChannel()
    second = Courier(PatientDatabase(connect), Channels({Channel.EMAIL: lambda: other}), POLICY)
    email.before = lambda: assert_none(second.deliver(delivery, Channel.EMAIL))
    courier.deliver(delivery, Channel.EMAIL)
    second.close()
    assert (len(email.sent), other.sent) == (1, [])


def assert_none(value: object) -> None:
    assert value is None


def test_a_refusal_is_tried_again_with_growing_waits_and_then_given_up(
    desk: Desk, courier: Courier, email: FakeChannel
) -> None:
    delivery = desk.add()
    email.problem = Refused("451 greylisted")
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.PENDING
    row = desk.delivery(delivery)
    assert timedelta(seconds=0.5) < row["wait"] <= timedelta(seconds=1)
    assert (row["last_error"], row["enqueued_at"], row["lease_until"]) == ("451 greylisted", None, None)
    assert courier.deliver(delivery, Channel.EMAIL) is None, "not before its time"
    desk.let_pass(timedelta(seconds=1))
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.PENDING
    assert desk.delivery(delivery)["wait"] > timedelta(seconds=1)
    desk.let_pass(timedelta(seconds=2))
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.DEAD
    assert desk.delivery(delivery)["last_error"] == "451 greylisted"
    assert [attempt["outcome"] for attempt in desk.attempts(delivery)] == ["refused"] * 3


def test_a_rejection_is_final(desk: Desk, courier: Courier, email: FakeChannel) -> None:
    delivery = desk.add()
    email.problem = Rejected("550 no such user")
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.FAILED
    assert desk.delivery(delivery)["last_error"] == "550 no such user"
    assert desk.attempts(delivery)[0]["outcome"] == "rejected"


def test_a_channel_that_is_not_configured_fails_in_words(desk: Desk, courier: Courier) -> None:
    delivery = desk.add(Channel.SMS)
    assert courier.deliver(delivery, Channel.SMS) is DeliveryStatus.FAILED
    assert desk.delivery(delivery)["last_error"] == "sms is not configured: the credential sms_url is absent or empty"


def test_a_template_that_cannot_be_rendered_fails_in_words(desk: Desk, courier: Courier) -> None:
    delivery = desk.add()
    desk.connection.execute("UPDATE notification SET data = '{}'")
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.FAILED
    assert "'subject' is undefined" in desk.delivery(delivery)["last_error"]


def test_a_bug_in_a_channel_counts_as_a_refusal(desk: Desk, courier: Courier, email: FakeChannel) -> None:
    delivery = desk.add()
    email.problem = ZeroDivisionError("oops\0")
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.PENDING
    assert desk.delivery(delivery)["last_error"] == "ZeroDivisionError: oops"


def test_a_channel_that_is_away_never_uses_up_the_tries(
    desk: Desk, courier: Courier, email: FakeChannel, watch: Watch
) -> None:
    delivery = desk.add()
    email.problem = Unreachable("connection refused")
    for _ in range(POLICY.most_refusals + 3):
        assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.PENDING
        assert desk.delivery(delivery)["awaiting_channel"]
        desk.let_pass(timedelta(seconds=20))
        watch.now += REST_SECONDS
    email.problem = None
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.SENT


def test_a_channel_found_away_is_left_alone_for_a_moment(
    desk: Desk, courier: Courier, email: FakeChannel, watch: Watch
) -> None:
    first, second = desk.add(), desk.add()
    email.problem = Unreachable("timed out")
    courier.deliver(first, Channel.EMAIL)
    email.problem = None
    assert courier.deliver(second, Channel.EMAIL) is None
    row = desk.delivery(second)
    assert (row["status"], row["attempts"], row["awaiting_channel"]) == ("pending", 0, True)
    watch.now += REST_SECONDS
    desk.let_pass(timedelta(seconds=REST_SECONDS))
    assert courier.deliver(second, Channel.EMAIL) is DeliveryStatus.SENT


def test_the_first_success_wakes_all_that_waited_for_the_channel(
    desk: Desk, courier: Courier, email: FakeChannel, watch: Watch
) -> None:
    waiting, fresh = desk.add(), desk.add()
    email.problem = Unreachable("timed out")
    for _ in range(6):
        courier.deliver(waiting, Channel.EMAIL)
        desk.connection.execute("UPDATE delivery SET next_attempt_at = now() WHERE id = %s", (waiting,))
        watch.now += REST_SECONDS
    courier.deliver(waiting, Channel.EMAIL)
    assert desk.delivery(waiting)["wait"] > timedelta(seconds=5)
    watch.now += REST_SECONDS
    email.problem = None
    courier.deliver(fresh, Channel.EMAIL)
    row = desk.delivery(waiting)
    assert row["wait"] <= timedelta(0)
    assert not row["awaiting_channel"]


def test_what_is_old_enough_is_given_up(desk: Desk, courier: Courier, email: FakeChannel) -> None:
    delivery = desk.add()
    desk.let_pass(POLICY.give_up_after)
    email.problem = Unreachable("connection refused")
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.DEAD


def test_the_message_is_rendered_with_its_trace(desk: Desk, courier: Courier, email: FakeChannel) -> None:
    told = event("order.placed.v1")
    record_event(desk.connection, told)
    delivery: UUID = desk.rows("SELECT id FROM delivery")[0]["id"]
    courier.deliver(delivery, Channel.EMAIL)
    (message,) = email.sent
    assert message.title == "Your order over EUR 1,234.50"
    assert (message.event_id, message.request_id, message.traceparent) == (told.id, told.requestid, told.traceparent)


def test_a_restart_of_the_database_between_sending_and_recording_sends_nothing_twice(
    desk: Desk, courier: Courier, email: FakeChannel
) -> None:
    delivery = desk.add()

    def cut_all_other_sessions() -> None:
        desk.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    email.before = cut_all_other_sessions
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.SENT
    assert desk.delivery(delivery)["status"] == "sent"
    assert len(email.sent) == 1


def test_a_person_deleted_meanwhile_is_forgotten_when_the_message_is_out(desk: Desk, courier: Courier) -> None:
    record_event(desk.connection, event("order.cancelled.v1"))
    erase_recipient(desk.connection, event("user.deleted.v1"))
    delivery: UUID = desk.rows("SELECT id FROM delivery")[0]["id"]
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.SENT
    (row,) = desk.rows("SELECT address, data FROM delivery JOIN notification ON notification.id = notification_id")
    assert row == {"address": "erased", "data": {}}


def test_a_sealed_token_is_in_the_mail_and_in_no_table(desk: Desk, connect: Connect, email: FakeChannel) -> None:
    record_event(desk.connection, event("user.password_reset_requested.v1"))
    (delivery,) = (row["id"] for row in desk.rows("SELECT id FROM delivery"))
    opener = Opener("https://longhouse.test/password-reset", private_key=SEALING_KEY)
    courier = Courier(PatientDatabase(connect), Channels({Channel.EMAIL: lambda: email}), POLICY, opener=opener)
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.SENT
    courier.close()
    assert TOKEN in email.sent[0].text
    for table in ("notification", "delivery", "delivery_attempt", "inbox"):
        assert not [row for row in desk.rows(f"SELECT {table}::text AS row FROM {table}") if TOKEN in row["row"]]  # noqa: S608


def test_a_token_that_cannot_be_opened_is_given_up_and_says_why(desk: Desk, courier: Courier) -> None:
    record_event(desk.connection, event("user.password_reset_requested.v1"))
    (delivery,) = (row["id"] for row in desk.rows("SELECT id FROM delivery"))
    assert courier.deliver(delivery, Channel.EMAIL) is DeliveryStatus.FAILED
    assert "sealing_key" in desk.delivery(delivery)["last_error"]
