"""Every status an order can reach has its event, and every event keeps its contract."""

from datetime import UTC, datetime

import pytest

from chassis.identifiers import uuid7
from contracts.order_events import ORDER_EVENTS
from orders.orders import events
from orders.orders.lifecycle import Status
from orders.orders.order import Customer, Line, Order

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def order() -> Order:
    customer = Customer(uuid7(), None, "deleted customer")
    return Order.place(customer, [Line("S", "n", 2, 3)], currency="EUR", now=NOW)


def test_a_placed_order(order: Order) -> None:
    event = events.placed(order, NOW)
    assert event.type == "order.placed.v1"
    assert event.subject == str(order.id)
    assert event.data["total"] == 6


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PENDING])
def test_every_status_is_told(status: Status, order: Order) -> None:
    order.status, order.version = status, 5
    event = events.moved(order, NOW)
    assert event.type == f"order.{status}.v1"
    assert event.aggregateversion == 5
    assert ORDER_EVENTS[event.type].model_validate(event.data).model_dump(mode="json") == event.data
