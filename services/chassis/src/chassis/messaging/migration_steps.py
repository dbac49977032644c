"""What the migrations of services do for the tables of messaging, called from their revisions.

Released databases went through these steps: none is ever changed. A change of ``tables`` comes with a new step here.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg


def create_outbox() -> None:
    """Create ``outbox`` and ``outbox_dead``."""
    op.create_table(
        "outbox",
        *_event(sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False)),
        _now("created_at"),
        *_attempts(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("seq", name=op.f("uq_outbox_seq")),
        # Rows live for milliseconds: vacuum often, or the index of a table that is always empty grows without end.
        postgresql_with={"fillfactor": 90, "autovacuum_vacuum_scale_factor": 0.01},
    )
    op.create_index("ix_outbox_aggregate_id_seq", "outbox", ["aggregate_id", "seq"])
    op.create_table(
        "outbox_dead",
        *_event(_seq()),
        _now("created_at"),
        *_attempts(),
        _now("died_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_dead")),
    )


def create_sent_events() -> None:
    """Create ``outbox_sent``."""
    op.create_table(
        "outbox_sent",
        *_event(_seq()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _now("sent_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_sent")),
    )
    op.create_index("ix_outbox_sent_sent_at", "outbox_sent", ["sent_at"])


def create_inbox() -> None:
    """Create ``inbox``."""
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        _now("received_at"),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger, nullable=False)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _event(seq: sa.Column[int]) -> Iterator[sa.Column[Any]]:
    yield sa.Column("id", sa.Uuid, nullable=False)
    yield seq
    yield sa.Column("aggregate_id", sa.Text, nullable=False)
    yield sa.Column("type", sa.Text, nullable=False)
    yield sa.Column("payload", pg.JSONB, nullable=False)


def _attempts() -> Iterator[sa.Column[Any]]:
    yield sa.Column("attempts", sa.Integer, server_default=sa.text("0"), nullable=False)
    yield sa.Column("next_attempt_at", sa.DateTime(timezone=True))
    yield sa.Column("last_error", sa.Text)
