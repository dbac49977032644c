"""Notifications, deliveries, attempts and the inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.messaging import migration_steps

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("event_type", sa.String()),
        sa.Column("event_time", _TIME),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("recipient_id", sa.Uuid()),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("traceparent", sa.String()),
        sa.Column("erased_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False, server_default=_NOW),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("event_id", "template", name="uq_notification_event_id_template"),
    )
    op.create_index("ix_notification_recipient_id_created_at_id", "notification", ["recipient_id", "created_at", "id"])
    op.create_index("ix_notification_created_at_id", "notification", ["created_at", "id"])
    _create_delivery()
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False, server_default=_NOW),
        sa.Column("finished_at", _TIME),
        sa.Column("outcome", sa.String()),
        sa.Column("error", sa.String()),
        sa.Column("receipt", sa.String()),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_delivery_attempt"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_delivery_attempt_delivery_id_delivery", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "outcome IN ('sent', 'unreachable', 'refused', 'rejected', 'abandoned')",
            name=op.f("ck_delivery_attempt_outcome"),
        ),
    )
    migration_steps.create_inbox()


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_attempt_at", _TIME, nullable=False, server_default=_NOW),
        sa.Column("enqueued_at", _TIME),
        sa.Column("lease_until", _TIME),
        sa.Column("awaiting_channel", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("last_error", sa.String()),
        sa.Column("sent_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False, server_default=_NOW),
        sa.Column("updated_at", _TIME, nullable=False, server_default=_NOW),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name="fk_delivery_notification_id_notification",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("notification_id", "channel", name="uq_delivery_notification_id_channel"),
        sa.CheckConstraint("channel IN ('email', 'sms', 'push')", name=op.f("ck_delivery_channel")),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'failed', 'dead')", name=op.f("ck_delivery_status")
        ),
        sa.CheckConstraint("(status = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_delivery_lease")),
    )
    for name, column, condition in (
        ("due", "next_attempt_at", "status = 'pending' AND enqueued_at IS NULL AND NOT awaiting_channel"),
        ("enqueued", "enqueued_at", "status = 'pending' AND enqueued_at IS NOT NULL"),
        ("awaiting", "next_attempt_at", "status = 'pending' AND awaiting_channel"),
    ):
        op.create_index(f"ix_delivery_{name}", "delivery", ["channel", column], postgresql_where=sa.text(condition))
    op.create_index("ix_delivery_lease", "delivery", ["lease_until"], postgresql_where=sa.text("status = 'sending'"))


def downgrade() -> None:
    """Drop the tables."""
    for table in ("inbox", "delivery_attempt", "delivery", "notification"):
        op.drop_table(table)
