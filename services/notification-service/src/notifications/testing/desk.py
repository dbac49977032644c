"""Looks at the rows, and puts some there, in the words of the tests."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from notifications.notifications.status import Channel

Row = dict[str, Any]


class Desk:
    """The test database."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def add(self, channel: Channel = Channel.EMAIL, *, to: str = "ada@example.com", **data: str) -> UUID:
        """A notification of the template `message` with one delivery, due now; returns the delivery's id."""
        notification, delivery = uuid4(), uuid4()
        self.connection.execute(
            "INSERT INTO notification (id, template, data) VALUES (%s, 'message', %s)",
            (notification, Jsonb({"subject": "Hello", "text": "Text", **data})),
        )
        self.connection.execute(
            "INSERT INTO delivery (id, notification_id, channel, address) VALUES (%s, %s, %s, %s)",
            (delivery, notification, channel, to),
        )
        return delivery

    def delivery(self, delivery: UUID) -> Row:
        """Its row; ``wait`` is the time until the next attempt."""
        (row,) = self.rows("SELECT *, next_attempt_at - now() AS wait FROM delivery WHERE id = %s", delivery)
        return row

    def attempts(self, delivery: UUID) -> list[Row]:
        """Its attempts in their order."""
        return self.rows("SELECT * FROM delivery_attempt WHERE delivery_id = %s ORDER BY number", delivery)

    def statuses(self) -> list[str]:
        """The states of all deliveries, oldest first."""
        return [row["status"] for row in self.rows("SELECT status FROM delivery ORDER BY created_at")]

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Any rows."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def let_pass(self, time: timedelta) -> None:
        """Move every delivery into the past, as if the time had passed."""
        self.connection.execute(
            "UPDATE delivery SET created_at = created_at - %(time)s, next_attempt_at = next_attempt_at - %(time)s,"
            " enqueued_at = enqueued_at - %(time)s, lease_until = lease_until - %(time)s",
            {"time": time},
        )
