"""Orders, outbox, inbox and idempotency records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis.messaging import migration_steps

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("customer_email", sa.String(254)),
        sa.Column("customer_name", sa.String(200), nullable=False),
        sa.Column("customer_version", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.CheckConstraint(
            "status IN ('pending', 'paid', 'fulfilling', 'shipped', 'delivered', 'cancelled', 'refunded')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint("total >= 0", name=op.f("ck_orders_total")),
    )
    op.create_index("ix_orders_created_at_id", "orders", ["created_at", "id"])
    op.create_index("ix_orders_customer_id_created_at_id", "orders", ["customer_id", "created_at", "id"])
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("quantity BETWEEN 1 AND 10000", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("unit_price BETWEEN 0 AND 1000000000", name=op.f("ck_order_lines_unit_price")),
    )


def _create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.Uuid, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "operation", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_expires_at", "idempotency", ["expires_at"])


def upgrade() -> None:
    _create_orders()
    migration_steps.create_outbox()
    migration_steps.create_inbox()
    _create_idempotency()


def downgrade() -> None:
    for table in ("idempotency", "inbox", "outbox_dead", "outbox", "order_lines", "orders"):
        op.drop_table(table)
