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
        harmless = all(answer.status in (401, 403, 404, 422, 429, 503) for answer in self.answers)
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
    """One message in the mailbox; ``at`` is when it got there, as Unix time."""

    message_id: str
    to: str
    at: float = 0.0


@dataclass(frozen=True)
class Letter:
    """One dead letter, of a queue or of an outbox."""

    id: str
    source: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """Everything the host holds about the customers of one schedule; ``waiting`` counts what is still on its way.

    ``dead``: all dead letters of the host; None when nobody asked for them.
    """

    orders: tuple[OrderRow, ...] = ()
    notifications: tuple[NotificationRow, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    inbox: tuple[str, ...] = ()
    mails: tuple[Mail, ...] = ()
    dead: tuple[Letter, ...] | None = None
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
            dead=None if found["dead"] is None else tuple(Letter(**letter) for letter in found["dead"]),
            waiting=found["waiting"],
        )


@dataclass
class History:
    """One schedule: its customers' addresses, the lives of their orders, and what was found at the end.

    ``dead_before``: ids of what was dead before it began, which is not its doing. ``honest`` and ``poison`` are those
    of its faults.
    """

    customers: list[str] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)
    dead_before: frozenset[str] = frozenset()
    honest: frozenset[int] = frozenset()
    poison: tuple[str, ...] = ()

    @property
    def died(self) -> list[Letter]:
        """Dead letters that were not there before."""
        return [letter for letter in self.evidence.dead or () if letter.id not in self.dead_before]

    @property
    def answers(self) -> list[Answer]:
        return [answer for life in self.lives for request in life.requests for answer in request.answers]
