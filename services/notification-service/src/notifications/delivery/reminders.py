"""Reminders in the broker: Celery tasks that say "look at this delivery". Losing one only costs time."""

import json
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from chassis.identifiers import uuid7
from chassis.messaging.broker import Broker, BrokerUnavailable
from chassis.messaging.connections import ConnectionSettings, open_broker
from chassis.messaging.publisher import Outgoing, Publisher, Verdict
from chassis.observability.logs import get_logger
from notifications.notifications.status import Channel

TASKS_EXCHANGE = "tasks"
DELIVER_TASK = "notifications.deliver"
SWEEP_TASK = "notifications.sweep"

log = get_logger(__name__)


def queue_of(channel: Channel) -> str:
    """The queue, and the routing key, of a channel's tasks."""
    return f"notification.{channel.value}"


class Reminders(Protocol):
    """Where reminders are put."""

    def put(self, deliveries: Sequence[tuple[UUID, Channel]]) -> set[UUID]:
        """Put one reminder a delivery; returns those surely in the broker. Raises `BrokerUnavailable`."""


class TaskQueue:
    """Reminders as Celery task messages over a connection of its own, opened when needed.

    Not Celery's own producer: that waits without limit when the broker blocks, takes any confirm for the one it waits
    for, and would bring all of Celery into the consumer's process. The messages follow Celery's task protocol 2.
    """

    def __init__(self, settings: ConnectionSettings, *, role: str) -> None:
        self._settings = settings
        self._role = role
        self._broker: Broker | None = None
        self._publisher: Publisher | None = None

    def put(self, deliveries: Sequence[tuple[UUID, Channel]]) -> set[UUID]:
        """See `Reminders.put`; bounded by the confirm timeout of the publisher."""
        batch = {uuid7(): delivery for delivery in deliveries}
        try:
            outcomes = self._opened().publish([_task(id_, *delivery) for id_, delivery in batch.items()])
        except BrokerUnavailable:
            self.discard()
            raise
        refused = {id_: outcome for id_, outcome in outcomes.items() if outcome.verdict is not Verdict.CONFIRMED}
        if refused:
            log.warning("reminders refused", count=len(refused), reason=next(iter(refused.values())).reason)
        return {batch[id_][0] for id_ in batch if id_ not in refused}

    def keep_alive(self) -> None:
        """Answer heartbeats; call it every few seconds while idle. Raises `BrokerUnavailable`."""
        if self._broker is not None:
            try:
                self._broker.pump(0)
            except BrokerUnavailable:
                self.discard()
                raise

    def close(self) -> None:
        """Close the connection; never raises."""
        if self._broker is not None:
            self._broker.close()
        self._broker = self._publisher = None

    def discard(self) -> None:
        """Drop the connection without a word."""
        if self._broker is not None:
            self._broker.discard()
        self._broker = self._publisher = None

    def _opened(self) -> Publisher:
        if self._publisher is None:
            self._broker = open_broker(self._settings, role=self._role)
            self._publisher = Publisher(self._broker)
        return self._publisher


def _task(id_: UUID, delivery_id: UUID, channel: Channel) -> Outgoing:
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return Outgoing(
        id=id_,
        exchange=TASKS_EXCHANGE,
        routing_key=queue_of(channel),
        body=json.dumps([[str(delivery_id), channel.value], {}, embed]),
        content_type="application/json",
        headers={
            "lang": "py",
            "task": DELIVER_TASK,
            "id": str(id_),
            "root_id": str(id_),
            "retries": 0,
            "argsrepr": str(delivery_id),
            "kwargsrepr": "",
            "origin": "dispatcher",
        },
    )
