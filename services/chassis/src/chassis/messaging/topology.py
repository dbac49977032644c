"""Names and arguments of everything Longhouse keeps in the broker.

On a host the broker's role declares these from the catalogue (services have no right to configure); the test suite
declares the same by `declare`. Arguments of a queue cannot be changed once it exists, so they are all here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

EVENTS_EXCHANGE = "events"
DEAD_EXCHANGE = "dead"
STREAM_QUEUE = "events.stream"

# Handlers get 5 tries (see consumer.py); the broker's own limit only ends loops that never reach that count,
# such as a message that kills its consumer every time.
DELIVERY_LIMIT = 8
QUEUE_MAX_LENGTH = 100_000
STREAM_MAX_AGE = "30D"
STREAM_MAX_BYTES = 2_000_000_000


def events_queue(service: str) -> str:
    """The queue in which a subscriber finds its events."""
    return f"{service}.events"


def dead_queue(source_queue: str) -> str:
    """Where messages of `source_queue` end that nobody could apply."""
    return f"{source_queue}.dead"


def binding_key(pattern: str) -> str:
    """Turn a catalogue pattern into an AMQP one: ``user.*`` means every event of user, and types have three words."""
    return pattern.removesuffix("*") + "#" if pattern.endswith(".*") else pattern


def subscriber_arguments(queue: str) -> dict[str, Any]:
    """Arguments of a subscriber's queue.

    At-least-once dead-lettering needs reject-publish; a full queue therefore refuses and the outbox keeps the event.
    A single active consumer keeps the order of one aggregate while two colours overlap.
    """
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": QUEUE_MAX_LENGTH,
        "x-single-active-consumer": True,
    }


def dead_arguments() -> dict[str, Any]:
    """Arguments of a dead queue: without a delivery limit, or looking at its messages 20 times would drop them."""
    return {"x-queue-type": "quorum", "x-delivery-limit": -1}


def stream_arguments() -> dict[str, Any]:
    """Arguments of the stream that keeps every event for replays."""
    return {"x-queue-type": "stream", "x-max-age": STREAM_MAX_AGE, "x-max-length-bytes": STREAM_MAX_BYTES}


def declare(channel: Any, services: Mapping[str, Sequence[str]]) -> None:
    """Declare exchanges, the stream and, per subscriber, its queue and dead queue; idempotent.

    ``services`` maps a subscriber to its catalogue patterns, e.g. ``{"notification": ["user.*", "order.*"]}``.
    """
    channel.exchange_declare(EVENTS_EXCHANGE, "topic", durable=True, auto_delete=False)
    channel.exchange_declare(DEAD_EXCHANGE, "direct", durable=True, auto_delete=False)
    _declare_queue(channel, STREAM_QUEUE, stream_arguments())
    channel.queue_bind(STREAM_QUEUE, EVENTS_EXCHANGE, "#")
    for service, patterns in services.items():
        queue = events_queue(service)
        _declare_queue(channel, dead_queue(queue), dead_arguments())
        channel.queue_bind(dead_queue(queue), DEAD_EXCHANGE, queue)
        _declare_queue(channel, queue, subscriber_arguments(queue))
        for pattern in patterns:
            channel.queue_bind(queue, EVENTS_EXCHANGE, binding_key(pattern))


def _declare_queue(channel: Any, name: str, arguments: dict[str, Any]) -> None:
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
