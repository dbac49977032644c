"""Forgets a person: what was told to a deleted user stays as a fact, without address and content."""

from typing import Any

import psycopg

from chassis.messaging.envelope import Event


def erase_recipient(connection: psycopg.Connection[Any], event: Event) -> None:
    """Erase what is over, and mark the rest to be erased when it is (messages under way still go out)."""
    values = {"recipient": event.data["user_id"]}
    # First the locks: a delivery that ends at this moment either is seen as over below, or sees the mark.
    connection.execute(
        "SELECT FROM delivery JOIN notification ON notification.id = notification_id"
        " WHERE recipient_id = %(recipient)s FOR UPDATE OF delivery",
        values,
    )
    connection.execute("UPDATE notification SET erased_at = now() WHERE recipient_id = %(recipient)s", values)
    connection.execute(
        "UPDATE delivery SET address = 'erased' FROM notification WHERE notification.id = notification_id"
        " AND recipient_id = %(recipient)s AND status NOT IN ('pending', 'sending')",
        values,
    )
    connection.execute(
        "UPDATE notification SET data = '{}' WHERE recipient_id = %(recipient)s AND NOT EXISTS ("
        "SELECT FROM delivery WHERE notification_id = notification.id AND status IN ('pending', 'sending'))",
        values,
    )
