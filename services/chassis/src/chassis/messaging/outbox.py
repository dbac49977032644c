"""The outbox: events leave in the transaction of the change they tell of, or not at all.

A row is an event the broker has not confirmed yet; the relay deletes it after the confirm. Writing to the broker in
the request instead would lose the event when the process dies between commit and publish.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.messaging.envelope import Event

_insert = sa.text(
    "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (:id, :aggregate_id, :type, CAST(:payload AS jsonb))"
)


@dataclass(frozen=True)
class OutboxTables:
    """What a publishing service's metadata (and first migration) has to contain."""

    outbox: sa.Table
    outbox_dead: sa.Table


def outbox_tables(metadata: sa.MetaData) -> OutboxTables:
    """Add `outbox` and `outbox_dead` (events given up after too many failed attempts) to a service's metadata."""
    outbox = sa.Table(
        "outbox",
        metadata,
        *_columns(sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True)),
        # The relay claims the oldest row of each aggregate and asks this index whether there is an older one.
        sa.Index("ix_outbox_aggregate_id_seq", "aggregate_id", "seq"),
        # Rows live for milliseconds: vacuum often, or the index of a table that is always empty grows without end.
        postgresql_with={"fillfactor": 90, "autovacuum_vacuum_scale_factor": 0.01},
    )
    dead = sa.Table(
        "outbox_dead",
        metadata,
        *_columns(sa.Column("seq", sa.BigInteger, nullable=False)),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    return OutboxTables(outbox=outbox, outbox_dead=dead)


def _columns(seq: sa.Column[int]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        seq,
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", pg.JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        # NULL = due at once: a clock that steps back must not hide fresh rows.
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text),
    ]


async def append(session: AsyncSession, event: Event) -> None:
    """Put `event` in the outbox within the session's transaction; it is published after the commit."""
    await session.execute(
        _insert, {"id": event.id, "aggregate_id": event.subject, "type": event.type, "payload": event.encode()}
    )
