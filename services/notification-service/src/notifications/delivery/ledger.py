"""What the database knows of a delivery's way: claimed, finished, due again. All statements on one connection.

A claim is two things. The row says `sending` with a short lease, and the worker's database session holds an advisory
lock on the delivery while it sends. A killed worker loses the lock at once, so the sweeper may take the delivery back
as soon as the lease is over; one that is merely slow (or frozen) keeps it, however long the server takes to answer,
and nobody sends the same message beside it. The lease covers a restart of PostgreSQL, which ends all locks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from notifications.notifications.status import AttemptOutcome, Channel, DeliveryStatus

LEASE = timedelta(seconds=10)
_LONGEST_ERROR = 1000


@dataclass(frozen=True)
class Claim:
    """One attempt at one delivery, and all it takes to make it. ``age`` counts from the delivery's creation."""

    delivery_id: UUID
    number: int
    channel: str
    address: str
    refusals: int
    age: timedelta
    template: str
    data: dict[str, Any]
    event_id: UUID | None
    event_type: str | None
    event_time: datetime | None
    request_id: str | None
    traceparent: str | None


@dataclass(frozen=True)
class Result:
    """How an attempt ended and where that leaves the delivery; ``wait`` until the next attempt when it is pending."""

    outcome: AttemptOutcome
    status: DeliveryStatus
    detail: str
    wait: timedelta = timedelta(0)


@dataclass(frozen=True)
class Aftermath:
    """What is left to do after an attempt: ``erase`` the recipient, ``wake`` others that waited for the channel."""

    erase: bool
    wake: bool


def claim(connection: psycopg.Connection[Any], delivery_id: UUID) -> Claim | None:
    """Take the delivery for sending: `pending` and due becomes `sending`. None when it is not ours to take."""
    if not _lock(connection, delivery_id):
        return None
    try:
        with connection.cursor(row_factory=class_row(Claim)) as cursor:
            claimed = cursor.execute(_CLAIM, {"id": delivery_id, "lease": LEASE}).fetchone()
    except BaseException:
        connection.close()  # ends the lock, whatever state the session is in
        raise
    if claimed is None:
        release(connection, delivery_id)
    return claimed


def finish(connection: psycopg.Connection[Any], claimed: Claim, result: Result) -> bool:
    """Record how the attempt ended. False when the delivery was taken back meanwhile: it may go out twice."""
    values = {
        "id": claimed.delivery_id,
        "number": claimed.number,
        "outcome": result.outcome,
        "detail": _storable(result.detail),
        "status": result.status,
        "wait": result.wait,
    }
    return connection.execute(_FINISH, values).rowcount == 1


def release(connection: psycopg.Connection[Any], delivery_id: UUID) -> Aftermath:
    """Let go of the lock that `claim` took on this connection, and look what is left to do."""
    with connection.cursor(row_factory=class_row(Aftermath)) as cursor:
        found = cursor.execute(_RELEASE, {"id": delivery_id, "key": str(delivery_id)}).fetchone()
    return found or Aftermath(erase=False, wake=False)


def erase(connection: psycopg.Connection[Any], delivery_id: UUID) -> None:
    """Forget whom a finished delivery went to, and what it said when it was the notification's last one."""
    connection.execute(_ERASE, {"id": delivery_id})


def park(connection: psycopg.Connection[Any], delivery_id: UUID, wait: timedelta) -> None:
    """Put a delivery off without an attempt, because its channel was found away a moment ago."""
    connection.execute(
        "UPDATE delivery SET enqueued_at = NULL, awaiting_channel = true, next_attempt_at = now() + %s"
        " WHERE id = %s AND status = 'pending'",
        (wait, delivery_id),
    )


def wake_awaiting(connection: psycopg.Connection[Any], channel: Channel) -> int:
    """The channel works again: everything that waited for it is due now. Returns how many deliveries that are."""
    # SKIP LOCKED: two workers that notice at once must not lock the same rows in different orders.
    return connection.execute(
        "UPDATE delivery SET awaiting_channel = false, next_attempt_at = now() WHERE id IN ("
        "SELECT id FROM delivery WHERE status = 'pending' AND awaiting_channel AND channel = %s"
        " FOR UPDATE SKIP LOCKED)",
        (channel,),
    ).rowcount


def _lock(connection: psycopg.Connection[Any], delivery_id: UUID) -> bool:
    # The key of the lock is `hashtextextended(id::text, 0)` wherever it is asked for.
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (str(delivery_id),)).fetchone()
    return row is not None and bool(row[0])


def _storable(text: str) -> str:
    return text.replace("\0", "")[:_LONGEST_ERROR]


_CLAIM = """
WITH claimed AS (
    UPDATE delivery SET status = 'sending', lease_until = now() + %(lease)s, attempts = attempts + 1,
        enqueued_at = NULL, awaiting_channel = false, updated_at = now()
    WHERE id = %(id)s AND status = 'pending' AND next_attempt_at <= now()
    RETURNING *
), attempt AS (
    INSERT INTO delivery_attempt (delivery_id, number) SELECT id, attempts FROM claimed
)
SELECT claimed.id AS delivery_id, claimed.attempts AS number, claimed.channel, claimed.address,
    claimed.refusals, now() - claimed.created_at AS age, notification.template, notification.data,
    notification.event_id, notification.event_type, notification.event_time, notification.request_id,
    notification.traceparent
FROM claimed JOIN notification ON notification.id = claimed.notification_id
"""

# An attempt that was taken for abandoned and came back after all says how it really ended: both stay visible.
# `attempts` is the fencing token: only the attempt that holds the delivery decides about it.
_FINISH = """
WITH attempt AS (
    UPDATE delivery_attempt SET finished_at = now(), outcome = %(outcome)s::text,
        receipt = CASE WHEN %(outcome)s::text = 'sent' THEN %(detail)s::text END,
        error = CASE WHEN %(outcome)s::text <> 'sent' THEN %(detail)s::text END
    WHERE delivery_id = %(id)s AND number = %(number)s
)
UPDATE delivery SET status = %(status)s::text, lease_until = NULL, enqueued_at = NULL, updated_at = now(),
    next_attempt_at = now() + %(wait)s,
    awaiting_channel = %(outcome)s::text = 'unreachable' AND %(status)s::text = 'pending',
    refusals = refusals + CASE WHEN %(outcome)s::text IN ('refused', 'abandoned') THEN 1 ELSE 0 END,
    sent_at = CASE WHEN %(status)s::text = 'sent' THEN now() END,
    last_error = CASE WHEN %(status)s::text <> 'sent' THEN %(detail)s::text END
WHERE id = %(id)s AND status = 'sending' AND attempts = %(number)s
"""

# A statement of its own, after the commit of `_FINISH`: only so it sees a person deleted in the very same moment.
_RELEASE = """
SELECT notification.erased_at IS NOT NULL AND delivery.status IN ('sent', 'failed', 'dead') AS erase,
    EXISTS (SELECT FROM delivery AS other
            WHERE status = 'pending' AND awaiting_channel AND other.channel = delivery.channel
                AND other.id <> delivery.id) AS wake
FROM delivery JOIN notification ON notification.id = delivery.notification_id,
    pg_advisory_unlock(hashtextextended(%(key)s, 0))
WHERE delivery.id = %(id)s
"""

_ERASE = """
WITH gone AS (UPDATE delivery SET address = 'erased' WHERE id = %(id)s RETURNING notification_id)
UPDATE notification SET data = '{}' FROM gone
WHERE notification.id = gone.notification_id AND NOT EXISTS (
    SELECT FROM delivery WHERE notification_id = gone.notification_id AND status IN ('pending', 'sending')
)
"""
