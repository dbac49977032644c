"""Orders, their lines, and the tables of messaging and idempotency."""

import sqlalchemy as sa

from chassis.database.tables import Base
from chassis.idempotency import idempotency_table
from chassis.messaging.tables import inbox_table, outbox_tables
from orders.orders.lifecycle import Status
from orders.orders.order import MAX_QUANTITY, MAX_UNIT_PRICE

OUTBOX = outbox_tables(Base.metadata)
INBOX = inbox_table(Base.metadata)
IDEMPOTENCY = idempotency_table(Base.metadata)

_STATUSES = ", ".join(f"'{status}'" for status in Status)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


# `customer_*` is a snapshot that user events keep fresh; `customer_version` drops the events that are stale.
ORDERS = sa.Table(
    "orders",
    Base.metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("customer_id", sa.Uuid, nullable=False),
    sa.Column("customer_email", sa.String(254)),
    sa.Column("customer_name", sa.String(200), nullable=False),
    sa.Column("customer_version", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    sa.CheckConstraint(f"status IN ({_STATUSES})", name="status"),
    sa.CheckConstraint("total >= 0", name="total"),
    # The two lists: newest first of everybody, and of one customer.
    sa.Index("ix_orders_created_at_id", "created_at", "id"),
    sa.Index("ix_orders_customer_id_created_at_id", "customer_id", "created_at", "id"),
)

ORDER_LINES = sa.Table(
    "order_lines",
    Base.metadata,
    sa.Column("order_id", sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("sku", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("unit_price", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"quantity BETWEEN 1 AND {MAX_QUANTITY}", name="quantity"),
    sa.CheckConstraint(f"unit_price BETWEEN 0 AND {MAX_UNIT_PRICE}", name="unit_price"),
)
