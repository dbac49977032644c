"""Orders in and out of PostgreSQL. Columns, not entities: reading an order is the hot path."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database.sessions import ReadSession, WriteSession
from chassis.pagination import PageRequest, fetch_page
from chassis.security.principal import Principal
from orders.orders.lifecycle import Status
from orders.orders.order import Customer, Line, Order
from orders.orders.tables import ORDER_LINES, ORDERS

_COLUMNS = (
    ORDERS.c.id,
    ORDERS.c.customer_id,
    ORDERS.c.customer_email,
    ORDERS.c.customer_name,
    ORDERS.c.status,
    ORDERS.c.currency,
    ORDERS.c.created_at,
    ORDERS.c.updated_at,
    ORDERS.c.version,
)


def _readable(caller: Principal) -> sa.Select[Any]:
    """What this caller may see at all; every query starts here, so none can forget it."""
    statement = sa.select(*_COLUMNS)
    return statement if caller.is_admin else statement.where(ORDERS.c.customer_id == caller.subject)


async def add(db: WriteSession, order: Order) -> None:
    """Insert a new order with its lines."""
    await db.execute(
        sa.insert(ORDERS).values(
            id=order.id,
            customer_id=order.customer.id,
            customer_email=order.customer.email,
            customer_name=order.customer.name,
            status=order.status.value,
            currency=order.currency,
            total=order.total,
            created_at=order.created_at,
            updated_at=order.updated_at,
            version=order.version,
        )
    )
    await db.execute(
        sa.insert(ORDER_LINES),
        [
            {
                "order_id": order.id,
                "position": position,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
            }
            for position, line in enumerate(order.lines)
        ],
    )


async def find(db: ReadSession, caller: Principal, order_id: UUID) -> Order | None:
    """The order, when it exists and ``caller`` may see it."""
    row = (await db.execute(_readable(caller).where(ORDERS.c.id == order_id))).one_or_none()
    return None if row is None else (await _assemble(db, [row]))[0]


async def lock(db: WriteSession, caller: Principal, order_id: UUID) -> Order | None:
    """Like `find`, and nobody else changes the order until the transaction ends. Its events queue up in this order."""
    statement = _readable(caller).where(ORDERS.c.id == order_id).with_for_update()
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else (await _assemble(db, [row]))[0]


async def newest(
    db: ReadSession, caller: Principal, page: PageRequest, status: Status | None
) -> tuple[list[Order], str | None]:
    """One page of what ``caller`` may see, newest first, and the cursor of the next."""
    statement = _readable(caller)
    if status is not None:
        statement = statement.where(ORDERS.c.status == status.value)
    rows, cursor = await fetch_page(db, statement, page, created_at=ORDERS.c.created_at, id=ORDERS.c.id)
    return await _assemble(db, rows), cursor


async def save_status(db: WriteSession, order: Order) -> None:
    """Write back what `Order.move_to` changed; the row is locked by `lock`."""
    await db.execute(
        sa.update(ORDERS)
        .where(ORDERS.c.id == order.id)
        .values(status=order.status.value, updated_at=order.updated_at, version=order.version)
    )


async def _assemble(db: AsyncSession, rows: Sequence[sa.Row[Any]]) -> list[Order]:
    lines = await _lines_of(db, [row.id for row in rows]) if rows else {}
    return [
        Order(
            id=row.id,
            customer=Customer(row.customer_id, row.customer_email, row.customer_name),
            status=Status(row.status),
            currency=row.currency,
            lines=tuple(lines[row.id]),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )
        for row in rows
    ]


async def _lines_of(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, list[Line]]:
    statement = (
        sa.select(ORDER_LINES)
        .where(ORDER_LINES.c.order_id.in_(ids))
        .order_by(ORDER_LINES.c.order_id, ORDER_LINES.c.position)
    )
    found: dict[UUID, list[Line]] = {}
    for row in await db.execute(statement):
        found.setdefault(row.order_id, []).append(Line(row.sku, row.name, row.quantity, row.unit_price))
    return found
