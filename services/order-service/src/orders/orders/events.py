"""The facts about orders that other services hear."""

from datetime import datetime

from chassis.messaging.envelope import Event
from contracts.order_events import ORDER_EVENTS
from orders.orders.order import Order

_SERVICE = "order"


def placed(order: Order, now: datetime) -> Event:
    """``order.placed.v1``."""
    return _event("order.placed.v1", order, now)


def moved(order: Order, now: datetime) -> Event:
    """``order.<status>.v1`` of the status it has now."""
    return _event(f"order.{order.status}.v1", order, now)


def _event(type_: str, order: Order, now: datetime) -> Event:
    data = ORDER_EVENTS[type_].model_validate(
        {
            "order_id": order.id,
            "customer": {"id": order.customer.id, "email": order.customer.email, "name": order.customer.name},
            "status": order.status.value,
            "currency": order.currency,
            "total": order.total,
            "items": [
                {"sku": line.sku, "name": line.name, "quantity": line.quantity, "unit_price": line.unit_price}
                for line in order.lines
            ],
            "version": order.version,
        }
    )
    return Event.of(type_, data, service=_SERVICE, subject=order.id, now=now, version=order.version)
