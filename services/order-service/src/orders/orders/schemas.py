"""What clients send and get about orders."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from chassis.text import Line as Text
from orders.orders.currencies import Currency
from orders.orders.lifecycle import Status
from orders.orders.order import MAX_LINES, MAX_QUANTITY, MAX_UNIT_PRICE, Line, Order

Sku = Annotated[Text, StringConstraints(max_length=64)]


def _whole(value: object) -> object:
    # 3.0 is an integer in JSON Schema; "3" and true are not.
    return int(value) if isinstance(value, float) and value.is_integer() else value


class ItemRequest(BaseModel):
    """One position. ``unit_price`` in minor units: 1999 is 19.99 EUR."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    name: Text
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY), BeforeValidator(_whole)]
    unit_price: Annotated[int, Field(strict=True, ge=0, le=MAX_UNIT_PRICE), BeforeValidator(_whole)]


class PlaceOrder(BaseModel):
    """A new order. The total is computed, not believed."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ItemRequest], Field(min_length=1, max_length=MAX_LINES)]
    currency: Currency

    def lines(self) -> list[Line]:
        """As the business sees them."""
        return [Line(item.sku, item.name, item.quantity, item.unit_price) for item in self.items]


class MoveOrder(BaseModel):
    """The status the order shall have."""

    model_config = ConfigDict(extra="forbid")

    status: Status


class ItemView(BaseModel):
    """One position of an order."""

    sku: str
    name: str
    quantity: int
    unit_price: int


class OrderView(BaseModel):
    """An order; amounts in minor units of ``currency``."""

    id: UUID
    customer_id: UUID
    status: Status
    currency: str
    total: int
    items: list[ItemView]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, order: Order) -> Self:
        """The public side of ``order``."""
        return cls(
            id=order.id,
            customer_id=order.customer.id,
            status=order.status,
            currency=order.currency,
            total=order.total,
            items=[
                ItemView(sku=line.sku, name=line.name, quantity=line.quantity, unit_price=line.unit_price)
                for line in order.lines
            ],
            created_at=order.created_at,
            updated_at=order.updated_at,
        )
