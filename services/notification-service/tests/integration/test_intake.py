"""From an event to rows: one event makes one notification, for the person it is about."""

from typing import Any

import psycopg
import pytest

from chassis.messaging.envelope import Event, Undecodable
from notifications.subscriptions.erasure import erase_recipient
from notifications.subscriptions.intake import record_event
from notifications.testing.desk import Desk
from notifications.testing.examples import ORDER, REQUEST_ID, TOLD, USER, event


@pytest.mark.parametrize("type_", TOLD)
def test_an_event_becomes_one_notification_with_an_email(desk: Desk, type_: str) -> None:
    told = event(type_)
    assert record_event(desk.connection, told) == 1
    (notification,) = desk.rows("SELECT * FROM notification")
    assert notification["event_id"] == told.id
    assert notification["event_type"] == type_
    assert notification["template"] == type_.removesuffix(".v1")
    assert notification["recipient_id"] == USER
    assert (notification["request_id"], notification["traceparent"]) == (REQUEST_ID, told.traceparent)
    (delivery,) = desk.rows("SELECT * FROM delivery")
    assert (delivery["channel"], delivery["address"]) == ("email", "ada@example.com")
    assert (delivery["status"], delivery["attempts"], delivery["enqueued_at"]) == ("pending", 0, None)


def test_an_event_applied_twice_makes_one_notification(desk: Desk) -> None:
    told = event("order.placed.v1")
    assert record_event(desk.connection, told) == 1
    assert record_event(desk.connection, told) == 0
    assert desk.statuses() == ["pending"]


def test_the_table_itself_refuses_a_second_notification_of_an_event(desk: Desk) -> None:
    record_event(desk.connection, event("order.placed.v1"))
    with pytest.raises(psycopg.errors.UniqueViolation):
        desk.connection.execute(
            "INSERT INTO notification (id, event_id, template, data)"
            " SELECT gen_random_uuid(), event_id, template, data FROM notification"
        )


def test_told_again_after_its_rows_were_lost_it_is_the_same_delivery(desk: Desk) -> None:
    told = event("order.placed.v1")
    record_event(desk.connection, told)
    before = desk.rows("SELECT id FROM delivery")
    desk.connection.execute("DELETE FROM notification")
    record_event(desk.connection, told)
    assert desk.rows("SELECT id FROM delivery") == before


def test_deliveries_of_different_events_are_different(desk: Desk) -> None:
    for type_ in ("order.placed.v1", "order.placed.v1", "order.paid.v1"):
        record_event(desk.connection, event(type_))
    assert len({row["id"] for row in desk.rows("SELECT id FROM delivery")}) == 3


def test_only_what_the_template_needs_is_kept(desk: Desk) -> None:
    record_event(desk.connection, event("order.placed.v1"))
    (row,) = desk.rows("SELECT data FROM notification")
    assert set(row["data"]) == {"order_id", "customer", "currency", "total", "items"}
    assert set(row["data"]["customer"]) == {"name"}


def test_nobody_is_told_when_the_customer_is_gone(desk: Desk) -> None:
    assert record_event(desk.connection, event("order.cancelled.v1", email=None, name="")) == 0
    assert desk.rows("SELECT id FROM notification") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"customer": {"id": str(USER), "name": "Ada"}}, r"data\.customer\.email is missing"),
        ({"customer": "Ada"}, r"data\.customer: "),
        ({"total": "much"}, r"data\.total: "),
        ({"items": None}, r"data\.items: "),
    ],
)
def test_an_event_without_what_is_needed_is_undecodable_and_says_why(
    desk: Desk, change: dict[str, Any], says: str
) -> None:
    told = event("order.paid.v1")
    broken = Event.model_validate({**told.model_dump(), "data": {**told.data, **change}})
    with pytest.raises(Undecodable, match=says):
        record_event(desk.connection, broken)


def test_a_deleted_user_is_forgotten_in_what_is_over_and_later_in_the_rest(desk: Desk) -> None:
    record_event(desk.connection, event("order.placed.v1"))
    desk.connection.execute("UPDATE delivery SET status = 'sent'")
    record_event(desk.connection, event("order.cancelled.v1"))
    with desk.connection.transaction():
        erase_recipient(desk.connection, event("user.deleted.v1"))
    over, under_way = desk.rows(
        "SELECT address, data FROM delivery JOIN notification ON notification.id = notification_id"
        " ORDER BY notification.id"
    )
    assert (over["address"], over["data"]) == ("erased", {})
    assert under_way["address"] == "ada@example.com"
    assert under_way["data"]["order_id"] == str(ORDER)
