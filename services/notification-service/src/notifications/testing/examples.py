"""One example of every event we tell people about, made from the contracts."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.messaging.envelope import Event
from chassis.observability.context import trace_context
from contracts.events import EVENTS
from contracts.order_events import OrderCustomer, OrderItem
from contracts.user_events import UserDeletedV1, UserRegisteredV1

USER = UUID("01980000-0000-7000-8000-00000000000a")
ORDER = UUID("01980000-0000-7000-8000-0000000000b0")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
REQUEST_ID = "req-0123456789"
TOLD = ("user.registered.v1", "order.placed.v1", "order.paid.v1", "order.shipped.v1", "order.cancelled.v1")


def data_of(type_: str, *, name: str = "Ada Lovelace", email: str | None = "ada@example.com") -> Any:
    """The contract model of ``type_``, filled."""
    if type_ == "user.registered.v1":
        return UserRegisteredV1(user_id=USER, email=email or "", name=name)
    if type_ == "user.deleted.v1":
        return UserDeletedV1(user_id=USER)
    return EVENTS[type_](
        order_id=ORDER,
        customer=OrderCustomer(id=USER, email=email, name=name),
        status="pending" if type_ == "order.placed.v1" else type_.split(".")[1],
        currency="EUR",
        total=123_450,
        items=[
            OrderItem(sku="A-1", name="Analytical engine", quantity=1, unit_price=120_000),
            OrderItem(sku="C-7", name="Punched cards <blank>", quantity=3, unit_price=1_150),
        ],
        version=1,
    )


def event(type_: str, **details: Any) -> Event:
    """A fresh event of ``type_``."""
    with trace_context.bind(trace_id=TRACE_ID, request_id=REQUEST_ID):
        return Event.of(
            type_,
            data_of(type_, **details),
            service=type_.split(".", maxsplit=1)[0],
            subject=ORDER if type_.startswith("order") else USER,
            now=datetime.now(UTC),
            version=1,
        )
