"""The outbox: events leave in the transaction of the change they tell of, or not at all.

A row is an event the broker has not confirmed yet; the relay puts it away after the confirm. Writing to the broker in
the request instead would lose the event when the process dies between commit and publish.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import failpoints
from chassis.messaging.envelope import Event
from chassis.resources import Resources

_insert = sa.text(
    "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (:id, :aggregate_id, :type, CAST(:payload AS jsonb))"
)

# Bounded: an outbox that nobody empties must not make each look at it slower.
_DEPTH = sa.text(
    "SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT 100000) AS waiting), (SELECT count(*) FROM outbox_dead),"
    " coalesce((SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox ORDER BY seq LIMIT 1), 0)"
)


async def append(session: AsyncSession, event: Event) -> None:
    """Put `event` in the outbox within the session's transaction; it is published after the commit."""
    await session.execute(
        _insert, {"id": event.id, "aggregate_id": event.subject, "type": event.type, "payload": event.encode()}
    )
    failpoints.reach("web.inserted")


async def outbox_depth(resources: Resources) -> Sequence[Metric]:
    """Events that wait for the relay, how long the oldest has waited (seconds), and events given up."""
    assert resources.database is not None  # noqa: S101 - there is no outbox without one
    async with resources.database.read_engine.connect() as connection:
        waiting, dead, age = (await connection.execute(_DEPTH)).one()
    return [
        GaugeMetricFamily("longhouse_outbox_events", "Events the broker has not confirmed yet", value=waiting),
        GaugeMetricFamily("longhouse_outbox_dead_events", "Events given up after too many attempts", value=dead),
        GaugeMetricFamily("longhouse_outbox_oldest_seconds", "Age of the oldest event that waits", value=max(0.0, age)),
    ]
