"""Reads and writes of the API, as statements; who may see what is part of the statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, select

from chassis.database.sessions import ReadSession
from chassis.pagination import PageRequest, fetch_page
from chassis.security.principal import Principal
from notifications.notifications.schemas import DeliveryView, NotificationView
from notifications.notifications.status import Channel, DeliveryStatus
from notifications.notifications.tables import Delivery, Notification

_COLUMNS = (
    Notification.id,
    Notification.template,
    Notification.event_id,
    Notification.event_type,
    Notification.recipient_id,
    Notification.created_at,
)


async def read_page(
    db: ReadSession,
    caller: Principal,
    page: PageRequest,
    *,
    status: DeliveryStatus | None,
    channel: Channel | None,
) -> tuple[list[NotificationView], str | None]:
    """One page of what ``caller`` may see, newest first; the filters ask for one delivery that fits both."""
    statement = _visible_to(caller)
    if status is not None or channel is not None:
        fitting = exists().where(Delivery.notification_id == Notification.id)
        if status is not None:
            fitting = fitting.where(Delivery.status == status)
        if channel is not None:
            fitting = fitting.where(Delivery.channel == channel)
        statement = statement.where(fitting)
    rows, next_cursor = await fetch_page(db, statement, page, created_at=Notification.created_at, id=Notification.id)
    return await _with_deliveries(db, rows), next_cursor


async def read_one(db: ReadSession, caller: Principal, notification_id: UUID) -> NotificationView | None:
    """The notification, or None when there is none that ``caller`` may see."""
    rows = (await db.execute(_visible_to(caller).where(Notification.id == notification_id))).all()
    views = await _with_deliveries(db, rows)
    return views[0] if views else None


def _visible_to(caller: Principal) -> Select[*tuple[Any, ...]]:
    statement = select(*_COLUMNS)
    return statement if caller.is_admin else statement.where(Notification.recipient_id == caller.subject)


async def _with_deliveries(db: ReadSession, rows: Sequence[Row[Any]]) -> list[NotificationView]:
    if not rows:
        return []
    deliveries: dict[UUID, list[DeliveryView]] = {row.id: [] for row in rows}
    found = await db.execute(
        select(
            Delivery.notification_id,
            Delivery.id,
            Delivery.channel,
            Delivery.address,
            Delivery.status,
            Delivery.attempts,
            Delivery.last_error,
            Delivery.next_attempt_at,
            Delivery.sent_at,
        )
        .where(Delivery.notification_id.in_(deliveries))
        .order_by(Delivery.id)
    )
    for row in found:
        status = DeliveryStatus(row.status)
        deliveries[row.notification_id].append(
            DeliveryView(
                id=row.id,
                channel=Channel(row.channel),
                to=row.address,
                status=status,
                attempts=row.attempts,
                last_error=row.last_error,
                next_attempt_at=row.next_attempt_at if status is DeliveryStatus.PENDING else None,
                sent_at=row.sent_at,
            )
        )
    return [NotificationView(**row._mapping, deliveries=deliveries[row.id]) for row in rows]
