"""Accounts and the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _event_columns(seq: sa.Column[int]) -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        seq,
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", pg.JSONB, nullable=False),
        _now("created_at"),
        sa.Column("attempts", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text),
    ]


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(10), server_default="user", nullable=False),
        sa.Column("enabled", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.CheckConstraint("role IN ('user', 'admin')", name=op.f("ck_users_role")),
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        *_event_columns(sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("seq", name=op.f("uq_outbox_seq")),
        # Rows live for milliseconds: vacuum often, or the index of a table that is always empty grows without end.
        postgresql_with={"fillfactor": 90, "autovacuum_vacuum_scale_factor": 0.01},
    )
    op.create_index("ix_outbox_aggregate_id_seq", "outbox", ["aggregate_id", "seq"])
    op.create_table(
        "outbox_dead",
        *_event_columns(sa.Column("seq", sa.BigInteger, nullable=False)),
        _now("died_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_dead")),
    )


def upgrade() -> None:
    _create_users()
    _create_outbox()


def downgrade() -> None:
    op.drop_table("outbox_dead")
    op.drop_table("outbox")
    op.drop_table("users")
