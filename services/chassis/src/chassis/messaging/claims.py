"""The relay's statements on the outbox table: which rows are due, and what becomes of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from chassis.messaging.publisher import Outcome, Verdict

MAX_ATTEMPTS = 10

# Only the oldest row of an aggregate is ever claimed: while it waits for its next attempt, its successors wait with
# it, and one batch never holds two events of one aggregate. A `next_attempt_at` far ahead was written by a clock
# that has since been set back; such a row is due.
_CLAIM = """
SELECT o.id, o.type, o.payload::text AS body, o.payload->>'traceparent' AS traceparent,
       o.payload->>'requestid' AS request_id, o.attempts
  FROM outbox o
 WHERE (o.next_attempt_at IS NULL OR o.next_attempt_at <= now() OR o.next_attempt_at > now() + interval '10 minutes')
   AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = o.aggregate_id AND e.seq < o.seq)
 ORDER BY o.seq
 LIMIT %s
   FOR UPDATE OF o SKIP LOCKED
"""
# Confirmed events stay for a day where no relay looks: restored databases send them once more to a broker that lost
# them with its host (docs/operations/restore.md). One that is sent a second time is there already.
_SENT = """
WITH gone AS (DELETE FROM outbox WHERE id = ANY(%s) RETURNING id, seq, aggregate_id, type, payload, created_at)
INSERT INTO outbox_sent (id, seq, aggregate_id, type, payload, created_at)
SELECT id, seq, aggregate_id, type, payload, created_at FROM gone
ON CONFLICT (id) DO UPDATE SET sent_at = now()
"""
_FORGET = """
DELETE FROM outbox_sent WHERE id IN
 (SELECT id FROM outbox_sent WHERE sent_at < now() - interval '1 day' ORDER BY sent_at LIMIT %s)
"""
# Refusal is the broker's state, not the row's fault: no attempt is counted. Waiting as long again as the row has
# waited already doubles the pause without a counter.
_POSTPONE = """
UPDATE outbox SET last_error = %s,
       next_attempt_at = now() + least(greatest(now() - created_at, interval '1 second'), interval '15 seconds')
 WHERE id = %s
"""
_FAIL = """
UPDATE outbox SET last_error = %s, attempts = attempts + 1,
       next_attempt_at = now() + least(interval '1 second' * (1 << attempts), interval '2 minutes')
 WHERE id = %s
"""
_BURY = """
WITH gone AS (DELETE FROM outbox WHERE id = %s RETURNING *)
INSERT INTO outbox_dead (id, seq, aggregate_id, type, payload, created_at, attempts, next_attempt_at, last_error)
SELECT id, seq, aggregate_id, type, payload, created_at, attempts + 1, NULL, %s FROM gone
"""


class Claim(NamedTuple):
    """A claimed outbox row."""

    id: UUID
    type: str
    body: str
    traceparent: str | None
    request_id: str | None
    attempts: int


def claim(connection: psycopg.Connection[Any], limit: int) -> list[Claim]:
    """Lock up to ``limit`` due rows for the open transaction, oldest first, at most one per aggregate."""
    with connection.cursor(row_factory=class_row(Claim)) as cursor:
        return cursor.execute(_CLAIM, (limit,)).fetchall()


def settle(connection: psycopg.Connection[Any], claims: Sequence[Claim], outcomes: Mapping[UUID, Outcome]) -> None:
    """Put away what was confirmed; keep the rest with reason and next attempt, or bury it after `MAX_ATTEMPTS`."""
    confirmed = [row.id for row in claims if outcomes[row.id].verdict is Verdict.CONFIRMED]
    if confirmed:
        connection.execute(_SENT, (confirmed,))
    for row in claims:
        outcome = outcomes[row.id]
        if outcome.verdict is Verdict.REFUSED:
            connection.execute(_POSTPONE, (outcome.reason, row.id))
        elif outcome.verdict is not Verdict.CONFIRMED:
            statement = _BURY if row.attempts + 1 >= MAX_ATTEMPTS else _FAIL
            values = (row.id, outcome.reason) if statement is _BURY else (outcome.reason, row.id)
            connection.execute(statement, values)


def forget_sent(connection: psycopg.Connection[Any], *, limit: int = 10_000) -> int:
    """Delete up to `limit` events that were sent more than a day ago; returns how many went."""
    return connection.execute(_FORGET, (limit,)).rowcount
