"""Events of order-service. Every one carries the whole order, so that no receiver has to ask back."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Message

OrderStatus = Literal["pending", "paid", "fulfilling", "shipped", "delivered", "cancelled", "refunded"]


class OrderCustomer(Message):
    """Who ordered, as known when the event was made. ``email`` is null once the account is deleted."""

    id: UUID
    email: str | None
    name: str


class OrderItem(Message):
    """``unit_price`` in minor units of the order's currency."""

    sku: str
    name: str
    quantity: Annotated[int, Field(ge=1)]
    unit_price: Annotated[int, Field(ge=0)]


class _OrderEvent(Message):
    order_id: UUID
    customer: OrderCustomer
    status: OrderStatus
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    total: Annotated[int, Field(ge=0, description="minor units of the currency")]
    items: list[OrderItem]
    version: Annotated[int, Field(ge=1, description="grows with every change of the order")]


class OrderPlacedV1(_OrderEvent):
    """``order.placed.v1``: a customer placed an order."""


class OrderStatusV1(_OrderEvent):
    """``order.<status>.v1``: the order reached the status that the type names."""


ORDER_EVENTS: dict[str, type[Message]] = {
    "order.placed.v1": OrderPlacedV1,
    "order.paid.v1": OrderStatusV1,
    "order.fulfilling.v1": OrderStatusV1,
    "order.shipped.v1": OrderStatusV1,
    "order.delivered.v1": OrderStatusV1,
    "order.cancelled.v1": OrderStatusV1,
    "order.refunded.v1": OrderStatusV1,
}
