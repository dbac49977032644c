"""The inbox: one row per consumer and event already applied, written in the handler's own transaction.

The broker delivers at least once; this row turns that into exactly once for everything the handler writes.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

# Longer than the stream keeps events (topology.STREAM_MAX_AGE): a replay must find every event it may bring again.
RETENTION = timedelta(days=35)


def first_delivery(connection: psycopg.Connection[Any], consumer: str, event_id: UUID) -> bool:
    """Record the event within the open transaction; False when this consumer has applied it before.

    Two deliveries at once are safe: the second INSERT waits for the first transaction and sees its outcome.
    """
    cursor = connection.execute(
        "INSERT INTO inbox (consumer, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", (consumer, event_id)
    )
    return cursor.rowcount == 1


def purge(connection: psycopg.Connection[Any], *, limit: int = 10_000) -> int:
    """Delete up to `limit` rows older than `RETENTION`; returns how many went. Short on purpose: call it again."""
    cursor = connection.execute(
        "DELETE FROM inbox WHERE (consumer, event_id) IN"
        " (SELECT consumer, event_id FROM inbox WHERE received_at < now() - %s LIMIT %s)",
        (RETENTION, limit),
    )
    return cursor.rowcount
