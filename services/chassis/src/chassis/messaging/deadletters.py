"""Messages nobody can apply: where they go and what is written on them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.identifiers import uuid7
from chassis.messaging.broker import Broker, BrokerUnavailable
from chassis.messaging.publisher import Outgoing, Publisher, Verdict
from chassis.messaging.topology import DEAD_EXCHANGE

REASON_LENGTH = 500


def delivery_count(message: Any) -> int:
    """How often the queue has delivered this message before."""
    headers = message.properties.get("application_headers") or {}
    count = headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


def bury(connect: Callable[[], Broker], message: Any, *, queue: str, reason: str) -> None:
    """Copy ``message`` to the dead letters of ``queue``; raises `BrokerUnavailable` unless it is safely there.

    Over a connection of its own: in an alarm the broker stops reading from those that publish, and the consumer's
    acknowledgements must not stop with it. The caller acknowledges afterwards; a crash in between makes a second copy
    with the same message id.
    """
    properties = message.properties
    outgoing = Outgoing(
        id=_message_id(properties.get("message_id")),
        exchange=DEAD_EXCHANGE,
        routing_key=queue,
        body=message.body,
        content_type=properties.get("content_type") or "application/octet-stream",
        type=properties.get("type") or "",
        headers={
            "x-reason": reason[:REASON_LENGTH],
            "x-source-queue": queue,
            "x-routing-key": str(message.delivery_info.get("routing_key", "")),
            "x-tries": delivery_count(message) + 1,
            "x-died-at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        },
    )
    broker = connect()
    try:
        outcome = Publisher(broker).publish([outgoing])[outgoing.id]
        broker.close()
    finally:
        broker.discard()
    if outcome.verdict is not Verdict.CONFIRMED:
        raise BrokerUnavailable(f"the dead letters of {queue} do not take the message: {outcome.reason}")


def _message_id(value: Any) -> UUID:
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        return uuid7()
