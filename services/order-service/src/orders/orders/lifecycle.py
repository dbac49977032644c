"""From which status an order may go where: data, so that the rules can be read in one look."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """How far an order is."""

    PENDING = "pending"
    PAID = "paid"
    FULFILLING = "fulfilling"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


# Cancelling ends with shipping; what was paid can be refunded until the end.
MOVES: Mapping[Status, tuple[Status, ...]] = {
    Status.PENDING: (Status.PAID, Status.CANCELLED),
    Status.PAID: (Status.FULFILLING, Status.CANCELLED, Status.REFUNDED),
    Status.FULFILLING: (Status.SHIPPED, Status.CANCELLED, Status.REFUNDED),
    Status.SHIPPED: (Status.DELIVERED, Status.REFUNDED),
    Status.DELIVERED: (Status.REFUNDED,),
    Status.CANCELLED: (),
    Status.REFUNDED: (),
}

# Nothing about these will be sent or shipped any more.
FINISHED = frozenset({Status.DELIVERED, Status.CANCELLED, Status.REFUNDED})


class IllegalMoveError(Exception):
    """The order cannot go there from where it is; ``legal`` names where it can go."""

    def __init__(self, current: Status, wanted: Status) -> None:
        self.current = current
        self.wanted = wanted
        self.legal = MOVES[current]
        super().__init__(f"an order that is {current} cannot become {wanted}")


def check_move(current: Status, wanted: Status) -> None:
    """Raise `IllegalMoveError` unless ``wanted`` may follow ``current``."""
    if wanted not in MOVES[current]:
        raise IllegalMoveError(current, wanted)
