"""Finds what was lost on the way and makes it due again: workers that died, reminders that never arrived."""

from datetime import timedelta
from typing import Any

import psycopg

from chassis.observability.logs import get_logger
from notifications.delivery import ledger
from notifications.delivery.ledger import Claim, Result
from notifications.delivery.retry_policy import RetryPolicy
from notifications.notifications.status import AttemptOutcome, DeliveryStatus

# A reminder normally becomes an attempt within milliseconds; the dispatcher's window bounds how long it may queue.
LATE = timedelta(seconds=30)
BATCH = 200

log = get_logger(__name__)


def sweep(connection: psycopg.Connection[Any], policy: RetryPolicy) -> tuple[int, int]:
    """Take back deliveries whose worker died and reminders that are late; returns how many of each."""
    with connection.transaction():
        abandoned = _take_back(connection, policy)
        late = connection.execute(
            "UPDATE delivery SET enqueued_at = NULL WHERE id IN (SELECT id FROM delivery"
            " WHERE status = 'pending' AND enqueued_at < now() - %s LIMIT %s FOR UPDATE SKIP LOCKED)",
            (LATE, BATCH),
        ).rowcount
    if abandoned or late:
        log.warning("lost deliveries are due again", abandoned=abandoned, late=late)
    return abandoned, late


def _take_back(connection: psycopg.Connection[Any], policy: RetryPolicy) -> int:
    with connection.cursor(row_factory=psycopg.rows.class_row(Claim)) as cursor:
        orphans = cursor.execute(_ORPHANS, {"batch": BATCH}).fetchall()
    for orphan in orphans:
        # A message that kills every worker that touches it is given up like one that is refused.
        wait = policy.after_refusal(orphan.refusals + 1, orphan.age, jitter=0)
        status = DeliveryStatus.DEAD if wait is None else DeliveryStatus.PENDING
        detail = "the worker died; it may have been sent"
        ledger.finish(connection, orphan, Result(AttemptOutcome.ABANDONED, status, detail, wait or timedelta(0)))
    return len(orphans)


# The lock is asked for only after the row was found: a lock taken here ends with the transaction.
_ORPHANS = """
WITH expired AS MATERIALIZED (
    SELECT id FROM delivery WHERE status = 'sending' AND lease_until < now() LIMIT %(batch)s
), orphaned AS MATERIALIZED (
    SELECT id FROM expired WHERE pg_try_advisory_xact_lock(hashtextextended(id::text, 0))
)
SELECT delivery.id AS delivery_id, delivery.attempts AS number, delivery.channel, delivery.address,
    delivery.refusals, now() - delivery.created_at AS age, notification.template, notification.data,
    notification.event_id, notification.event_type, notification.event_time, notification.request_id,
    notification.traceparent
FROM orphaned JOIN delivery USING (id) JOIN notification ON notification.id = delivery.notification_id
WHERE delivery.status = 'sending' AND delivery.lease_until < now()
FOR UPDATE OF delivery SKIP LOCKED
"""
