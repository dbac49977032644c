"""An order's way as a picture: from the edge over outbox, broker and consumer to the email."""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]
# Figures of definitions.json that the picture is made of.
FIGURES = (
    "requests", "errors", "orders_rate", "outbox_waiting", "outbox_oldest", "outbox_dead", "published",
    "queue_messages", "queue_consumers", "dead_letters", "consumed", "consumed_failed", "event_age",
    "sent", "given_up", "overdue", "delivery_seconds",
)  # fmt: skip
# When a number is worth a look; rules in roles/prometheus decide when somebody is told.
_OLD_SECONDS = 10.0
_STUCK_SECONDS = 60.0
_MANY = 1000
_LATE_SECONDS = 300.0


def picture(figures: dict[str, Rows]) -> dict[str, Any]:
    """`{stages: [{id, title, state, rate, facts: [{name, value, unit}], rows: […]}], delivery_seconds}`.

    `state` is ok, look, bad or unknown; `rate` is what flows out of the stage, per second.
    """
    return {
        "stages": [_edge(figures), _outbox(figures), _broker(figures), _consumer(figures), _email(figures)],
        "delivery_seconds": _most(figures["delivery_seconds"]),
    }


def _edge(figures: dict[str, Rows]) -> dict[str, Any]:
    errors = _most(figures["errors"])
    return _stage(
        "services", "Edge and services", figures["requests"], [errors], [(errors, 0.001, 0.05)],
        [("requests failing", errors, "ratio"), ("orders", _sum(figures["orders_rate"]), "per second")],
        [{"name": name, "value": value, "unit": "per second"} for name, value in _by(figures["requests"], "service")],
    )  # fmt: skip


def _outbox(figures: dict[str, Rows]) -> dict[str, Any]:
    oldest, dead = _most(figures["outbox_oldest"]), _sum(figures["outbox_dead"])
    return _stage(
        "outbox", "Outbox", figures["published"], [oldest],
        [(oldest, _OLD_SECONDS, _STUCK_SECONDS), (dead, 0, _MANY)],
        [("waiting", _sum(figures["outbox_waiting"]), "events"), ("oldest", oldest, "seconds"),
         ("given up", dead, "events")],
        [{"name": name, "value": value, "unit": "waiting"}
         for name, value in _by(figures["outbox_waiting"], "service")],
    )  # fmt: skip


def _broker(figures: dict[str, Rows]) -> dict[str, Any]:
    waiting = _most(figures["queue_messages"])
    unattended = float(sum(row["value"] == 0 for row in figures["queue_consumers"]))
    dead = _sum(figures["dead_letters"])
    consumers = dict(_by(figures["queue_consumers"], "queue"))
    return _stage(
        "broker", "Broker", figures["published"], [waiting],
        [(waiting, _MANY / 10, _MANY), (unattended, 0, 0), (dead, 0, _MANY)],
        [("in queues", _sum(figures["queue_messages"]), "messages"), ("dead letters", dead, "messages"),
         ("queues without consumer", unattended if figures["queue_consumers"] else None, "queues")],
        [{"name": name, "value": value, "unit": "waiting", "consumers": consumers.get(name)}
         for name, value in _by(figures["queue_messages"], "queue")],
    )  # fmt: skip


def _consumer(figures: dict[str, Rows]) -> dict[str, Any]:
    failing, age = _sum(figures["consumed_failed"]), _most(figures["event_age"])
    return _stage(
        "consumer", "Consumer", figures["consumed"], [failing, *(row["value"] for row in figures["consumed"])],
        [(failing, 0, 1), (age, _OLD_SECONDS, _STUCK_SECONDS)],
        [("failing", failing, "per second"), ("event's age when applied", age, "seconds")],
        [{"name": name, "value": value, "unit": "per second"} for name, value in _by(figures["consumed"], "service")],
    )  # fmt: skip


def _email(figures: dict[str, Rows]) -> dict[str, Any]:
    overdue, lost = _most(figures["overdue"]), _sum(figures["given_up"])
    return _stage(
        "email", "Messages", figures["sent"], [overdue, lost],
        [(overdue, _STUCK_SECONDS, _LATE_SECONDS), (lost, 0, _MANY)],
        [("overdue by", overdue, "seconds"), ("given up in an hour", lost, "messages"),
         ("19 of 20 take at most", _most(figures["delivery_seconds"]), "seconds")],
        [{"name": name, "value": value, "unit": "per second"} for name, value in _by(figures["sent"], "channel")],
    )  # fmt: skip


def _stage(  # noqa: PLR0917 - the columns of a table
    identity: str, title: str, flow: Rows, known: list[float | None],
    limits: list[tuple[float | None, float, float]], facts: list[tuple[str, float | None, str]], rows: Rows,
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": identity, "title": title, "rate": _sum(flow),
        "state": _state(limits) if flow or any(value is not None for value in known) else "unknown",
        "facts": [{"name": name, "value": value, "unit": unit} for name, value, unit in facts], "rows": rows,
    }  # fmt: skip


def _state(limits: list[tuple[float | None, float, float]]) -> str:
    """Each limit is `(value, worth a look above, bad above)`."""
    values = [(value or 0.0, look, bad) for value, look, bad in limits]
    if any(value > bad for value, _, bad in values):
        return "bad"
    return "look" if any(value > look for value, look, _ in values) else "ok"


def _sum(rows: Rows) -> float | None:
    values = [row["value"] for row in rows if row["value"] is not None]
    return sum(values) if values else None


def _most(rows: Rows) -> float | None:
    return max((row["value"] for row in rows if row["value"] is not None), default=None)


def _by(rows: Rows, label: str) -> list[tuple[str, float | None]]:
    return sorted((row["labels"].get(label, ""), row["value"]) for row in rows)
