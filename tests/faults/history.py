"""What clients were told, and what the host holds afterwards: the two sides that the rules compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

# Statuses of an order that send an email, by the event that tells of them.
TOLD = ("placed", "paid", "shipped", "cancelled")


class Known(Enum):
    """What a client may conclude from all answers to one request and its repetitions."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """One answer to one try; status 0 = none came. ``seconds`` from the first byte sent."""

    status: int
    seconds: float
    at: float = 0.0
    retry_after: bool = False
    order_id: str = ""
    detail: str = ""


@dataclass
class Request:
    """One thing a client wanted, tried until there was a definite answer or no patience left."""

    what: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def known(self) -> Known:
        """DONE after any 2xx; REFUSED when the last word was a definite no and nothing before was ambiguous."""
        if any(200 <= answer.status < 300 for answer in self.answers):
            return Known.DONE
        harmless = all(answer.status in (403, 404, 422, 429, 503) for answer in self.answers)
        return Known.REFUSED if self.answers and harmless else Known.UNKNOWN


@dataclass
class Life:
    """One order as its client lived it: placed under ``key``, then moved along ``plan``, one step after the other."""

    customer: str
    key: str
    plan: tuple[str, ...]
    placing: Request = field(default_factory=lambda: Request("placed"))
    moves: list[Request] = field(default_factory=list)

    @property
    def order_id(self) -> str:
        """The id it was told, or nothing."""
        return next((answer.order_id for answer in self.placing.answers if answer.status == 201), "")

    @property
    def requests(self) -> list[Request]:
        return [self.placing, *self.moves]


@dataclass(frozen=True)
class OrderRow:
    id: str
    key: str
    status: str
    version: int


@dataclass(frozen=True)
class NotificationRow:
    """``seen`` orders the rows of one order by when they were written."""

    id: str
    event_id: str
    event_type: str
    order_id: str
    seen: str


@dataclass(frozen=True)
class DeliveryRow:
    """``outcomes`` of its attempts in their order; None = the attempt never ended."""

    id: str
    notification_id: str
    address: str
    status: str
    error: str
    outcomes: tuple[str | None, ...]


@dataclass(frozen=True)
class Mail:
    """One message in the mailbox."""

    message_id: str
    to: str


@dataclass(frozen=True)
class Evidence:
    """Everything the host holds about the customers of one schedule; ``waiting`` counts what is still on its way."""

    orders: tuple[OrderRow, ...] = ()
    notifications: tuple[NotificationRow, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    inbox: tuple[str, ...] = ()
    mails: tuple[Mail, ...] = ()
    waiting: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """From the JSON of collect.py."""
        return cls(
            orders=tuple(OrderRow(**row) for row in found["orders"]),
            notifications=tuple(NotificationRow(**row) for row in found["notifications"]),
            deliveries=tuple(DeliveryRow(**row | {"outcomes": tuple(row["outcomes"])}) for row in found["deliveries"]),
            inbox=tuple(found["inbox"]),
            mails=tuple(Mail(**row) for row in found["mails"]),
            waiting=found["waiting"],
        )


@dataclass
class History:
    """One schedule: its customers' addresses, the lives of their orders, and what was found at the end.

    ``dead_before``: how many events were dead in which place before it began; they are not its doing.
    """

    customers: list[str] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)
    dead_before: dict[str, int] = field(default_factory=dict)

    @property
    def answers(self) -> list[Answer]:
        return [answer for life in self.lives for request in life.requests for answer in request.answers]
