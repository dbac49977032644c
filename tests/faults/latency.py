"""How long emails took after their orders were accepted: pure arithmetic on what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Order:
    """One accepted order: when it was asked for (seconds since the run began), until its 201, from there to its email.

    ``email`` is None when no email came.
    """

    asked: float
    accepted: float
    email: float | None


@dataclass(frozen=True)
class Row:
    """The orders of one minute, or of the whole run; percentiles in seconds, in the order of `PERCENTILES`."""

    name: str
    orders: int
    accepted: tuple[float, ...]
    email: tuple[float, ...]
    slowest: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of ``values`` that ``percent`` of them do not exceed (nearest rank); nan without any."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def row(name: str, orders: Sequence[Order]) -> Row:
    """``orders`` summed up; those without an email count as orders only."""
    emails = [order.email for order in orders if order.email is not None]
    return Row(
        name,
        len(orders),
        tuple(percentile([order.accepted for order in orders], percent) for percent in PERCENTILES),
        tuple(percentile(emails, percent) for percent in PERCENTILES),
        max(emails, default=math.nan),
    )


def minutes(orders: Sequence[Order]) -> list[Row]:
    """A row for each minute in which orders were asked for."""
    by_time = sorted(orders, key=lambda order: order.asked)
    return [
        row(str(minute + 1), list(some)) for minute, some in groupby(by_time, key=lambda order: int(order.asked // 60))
    ]


def growth(rows: Sequence[Row]) -> float:
    """The median of the last minute by that of the first: about 1 when nothing piles up. nan without two minutes."""
    return rows[-1].email[0] / rows[0].email[0] if len(rows) > 1 else math.nan


def table(rows: Sequence[Row], loads: Sequence[float]) -> str:
    """A line for each row; ``loads``: the load average at the end of each."""
    head = (
        f"{'minute':>7} {'orders':>7}   {'201 after p50  p95  p99':>26}   {'email after p50  p95  p99  max':>34}   load"
    )
    lines = [
        f"{row.name:>7} {row.orders:>7}   {_seconds(row.accepted):>26}   {_seconds((*row.email, row.slowest)):>34}"
        f"   {load:.1f}"
        for row, load in zip(rows, loads, strict=True)
    ]
    return "\n".join([head, *lines])


def _seconds(values: Sequence[float]) -> str:
    return "  ".join(f"{value:.2f}" for value in values) + " s"
