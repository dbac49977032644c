"""The outbox: events leave in the transaction of the change they tell of, or not at all.

A row is an event the broker has not confirmed yet; the relay deletes it after the confirm. Writing to the broker in
the request instead would lose the event when the process dies between commit and publish.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import failpoints
from chassis.messaging.envelope import Event

_insert = sa.text(
    "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (:id, :aggregate_id, :type, CAST(:payload AS jsonb))"
)


async def append(session: AsyncSession, event: Event) -> None:
    """Put `event` in the outbox within the session's transaction; it is published after the commit."""
    await session.execute(
        _insert, {"id": event.id, "aggregate_id": event.subject, "type": event.type, "payload": event.encode()}
    )
    failpoints.reach("web.inserted")
