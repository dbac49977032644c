"""The tables of messaging, to be added to a service's metadata and its first migration.

Apart from the code that uses them: relay and consumer run without SQLAlchemy.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


@dataclass(frozen=True)
class OutboxTables:
    """What a publishing service's metadata (and first migration) has to contain."""

    outbox: sa.Table
    outbox_dead: sa.Table
    outbox_sent: sa.Table


def outbox_tables(metadata: sa.MetaData) -> OutboxTables:
    """Add `outbox`, `outbox_dead` (given up after too many failed attempts) and `outbox_sent` (of the last day)."""
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
    return OutboxTables(outbox=outbox, outbox_dead=dead, outbox_sent=_sent(metadata))


def _sent(metadata: sa.MetaData) -> sa.Table:
    """What the broker confirmed lately: a broker that is lost with its host is made up for from here."""
    return sa.Table(
        "outbox_sent",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", pg.JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Index("ix_outbox_sent_sent_at", "sent_at"),
    )


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


def inbox_table(metadata: sa.MetaData) -> sa.Table:
    """Add the `inbox` table to a consuming service's metadata."""
    return sa.Table(
        "inbox",
        metadata,
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Index("ix_inbox_received_at", "received_at"),
    )
