"""What can be wrong with an order, in HTTP's words."""

from typing import Self

from chassis.problems import Conflict, Forbidden, NotFound, Problem, Unavailable
from orders.orders.lifecycle import IllegalMoveError


class OrderNotFound(NotFound):
    """Also for other people's orders: whether they exist is nobody's business."""

    title = "No such order"


class MoveRefused(Conflict):
    """``legal`` lists the statuses the order can go to."""

    title = "The order cannot go there"

    @classmethod
    def of(cls, error: IllegalMoveError) -> Self:
        where = ", ".join(error.legal) or "nowhere"
        return cls(f"{error}; from {error.current} it can go to: {where}", current=error.current, legal=error.legal)


class OrderChanged(Problem):
    status = 412
    title = "The order has changed since"


class CustomerRefused(Forbidden):
    """The account behind the token is gone or disabled."""

    title = "This account cannot order"


class CustomerUnknown(Unavailable):
    """Whether the account may order cannot be found out now."""

    title = "Your account cannot be checked right now"
