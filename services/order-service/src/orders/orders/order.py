"""The order as the business sees it; knows neither HTTP nor SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.identifiers import uuid7
from orders.orders.lifecycle import Status, check_move

# With these bounds no total exceeds 10**15: it fits a bigint, and a double, so that JavaScript reads it exactly.
MAX_LINES = 100
MAX_QUANTITY = 10_000
MAX_UNIT_PRICE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered, as known now; without an email once the account is deleted."""

    id: UUID
    email: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One position; ``unit_price`` in minor units of the order's currency."""

    sku: str
    name: str
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        """Minor units."""
        return self.quantity * self.unit_price


@dataclass(slots=True)
class Order:
    """One order; ``version`` grows by one with every change."""

    id: UUID
    customer: Customer
    status: Status
    currency: str
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @classmethod
    def place(cls, customer: Customer, lines: Sequence[Line], *, currency: str, now: datetime) -> Self:
        """A new order, pending."""
        return cls(
            id=uuid7(),
            customer=customer,
            status=Status.PENDING,
            currency=currency,
            lines=tuple(lines),
            created_at=now,
            updated_at=now,
        )

    @property
    def total(self) -> int:
        """Minor units; always the sum of the lines, never what a client says."""
        return sum(line.amount for line in self.lines)

    def move_to(self, wanted: Status, *, now: datetime) -> bool:
        """Change the status; False when it is that already, so that a repeated request does no harm.

        Raises `IllegalMoveError`.
        """
        if wanted is self.status:
            return False
        check_move(self.status, wanted)
        self.status = wanted
        # A clock that steps back must not make a change look older than the order.
        self.updated_at = max(now, self.updated_at)
        self.version += 1
        return True
