"""The tables of messaging, to be added to a service's metadata and its first migration.

Apart from the code that uses them: relay and consumer run without SQLAlchemy.
"""

from collections.abc import Iterator
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
        *_event(sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True)),
        *_attempts(),
        # The relay claims the oldest row of each aggregate and asks this index whether there is an older one.
        sa.Index("ix_outbox_aggregate_id_seq", "aggregate_id", "seq"),
        # Rows live for milliseconds: vacuum often, or the index of a table that is always empty grows without end.
        postgresql_with={"fillfactor": 90, "autovacuum_vacuum_scale_factor": 0.01},
    )
    dead = sa.Table("outbox_dead", metadata, *_event(_seq()), *_attempts(), _now("died_at"))
    # What the broker confirmed lately: a broker that is lost with its host is made up for from here.
    sent = sa.Table(
        "outbox_sent",
        metadata,
        *_event(_seq()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _now("sent_at"),
        sa.Index("ix_outbox_sent_sent_at", "sent_at"),
    )
    return OutboxTables(outbox=outbox, outbox_dead=dead, outbox_sent=sent)


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger, nullable=False)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _event(seq: sa.Column[int]) -> Iterator[sa.Column[Any]]:
    yield sa.Column("id", sa.Uuid, primary_key=True)
    yield seq
    yield sa.Column("aggregate_id", sa.Text, nullable=False)
    yield sa.Column("type", sa.Text, nullable=False)
    yield sa.Column("payload", pg.JSONB, nullable=False)


def _attempts() -> Iterator[sa.Column[Any]]:
    yield _now("created_at")
    yield sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0"))
    # NULL = due at once: a clock that steps back must not hide fresh rows.
    yield sa.Column("next_attempt_at", sa.DateTime(timezone=True))
    yield sa.Column("last_error", sa.Text)


def inbox_table(metadata: sa.MetaData) -> sa.Table:
    """Add the `inbox` table to a consuming service's metadata."""
    return sa.Table(
        "inbox",
        metadata,
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        _now("received_at"),
        sa.Index("ix_inbox_received_at", "received_at"),
    )
