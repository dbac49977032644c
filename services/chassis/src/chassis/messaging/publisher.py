"""Publish a batch and learn, message by message, what the broker made of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import amqp  # type: ignore[import-untyped]

from chassis.messaging.broker import Broker, BrokerUnavailable, ChannelClosed, broker_errors

PERSISTENT = 2
# Access refused, not found: the exchange is missing or closed to us. No message is to blame for that.
MISCONFIGURED = (403, 404)


class Verdict(StrEnum):
    """What became of a message."""

    CONFIRMED = "confirmed"  # in every queue it belongs to, on disk
    REFUSED = "refused"  # a queue is full or failing: the broker's trouble, try later
    RETURNED = "returned"  # no queue wants it
    INVALID = "invalid"  # the broker will never take it


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    id: UUID
    exchange: str
    routing_key: str
    body: str | bytes
    content_type: str
    type: str = ""
    headers: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one message, with the broker's words where it gave some."""

    verdict: Verdict
    reason: str = ""


class Publisher:
    """Publishes persistent, mandatory messages and waits for the confirm of each.

    It counts delivery tags itself: the client library's confirming publish takes any confirm for the one it waits
    for, so that one late confirm is credited to the next message, which is then lost when it should have stayed.
    """

    def __init__(
        self, broker: Broker, *, confirm_seconds: float = 5.0, sent: Callable[[], None] = lambda: None
    ) -> None:
        self._broker = broker
        self._sent = sent
        self._confirm_seconds = confirm_seconds
        self._channel: Any = None
        self._published = 0
        self._waiting: dict[int, UUID] = {}
        self._outcomes: dict[UUID, Outcome] = {}

    def publish(self, batch: Sequence[Outgoing]) -> dict[UUID, Outcome]:
        """Publish ``batch`` and wait; raises `BrokerUnavailable` when any outcome stays unknown.

        A message that makes the broker close the channel is found by publishing the batch's messages one by one
        (duplicates of the others are possible, as always).
        """
        try:
            return self._publish(batch)
        except ChannelClosed as closed:
            self._channel = None
            if closed.code in MISCONFIGURED:
                raise
            if len(batch) == 1:
                return {batch[0].id: Outcome(Verdict.INVALID, str(closed))}
        return {message.id: self.publish([message])[message.id] for message in batch}

    def _publish(self, batch: Sequence[Outgoing]) -> dict[UUID, Outcome]:
        self._outcomes = {}
        self._waiting = {}
        channel = self._open_channel()
        for message in batch:
            self._send(channel, message)
        self._sent()
        deadline = time.monotonic() + self._confirm_seconds
        while self._waiting:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise BrokerUnavailable(f"no confirm of {len(self._waiting)} messages in {self._confirm_seconds} s")
            self._broker.pump(remaining)
        return self._outcomes

    def _send(self, channel: Any, message: Outgoing) -> None:
        content = amqp.Message(
            message.body.encode() if isinstance(message.body, str) else message.body,
            content_type=message.content_type,
            content_encoding="utf-8",
            application_headers=dict(message.headers),
            delivery_mode=PERSISTENT,
            message_id=str(message.id),
            type=message.type,
        )
        self._published += 1
        self._waiting[self._published] = message.id
        with broker_errors():
            channel.basic_publish(
                content, exchange=message.exchange, routing_key=message.routing_key, mandatory=True, timeout=5
            )

    def _open_channel(self) -> Any:
        if self._channel is None:
            channel = self._broker.channel()
            with broker_errors():
                channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)
            channel.events["basic_return"].add(self._on_return)
            self._channel, self._published = channel, 0
        return self._channel

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, Outcome(Verdict.CONFIRMED))

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, Outcome(Verdict.REFUSED, "the broker refused it (a queue is full or failing)"))

    def _on_return(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        # The return of a message comes before its confirm; `setdefault` below keeps this verdict.
        reason = f"no queue is bound to {exchange} for {routing_key}"
        self._outcomes[UUID(message.properties["message_id"])] = Outcome(Verdict.RETURNED, reason)

    def _settle(self, tag: int, multiple: bool, outcome: Outcome) -> None:
        tags = [waiting for waiting in self._waiting if waiting <= tag] if multiple else [tag]
        for each in tags:
            message_id = self._waiting.pop(each, None)
            if message_id is not None:
                self._outcomes.setdefault(message_id, outcome)
