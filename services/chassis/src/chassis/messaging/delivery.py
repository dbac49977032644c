"""What happens to messages between their arrival on one broker connection and their settlement.

Messages are applied one at a time, in their order. While the database is away nothing is acknowledged and nothing is
lost; only the heartbeat goes on.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from chassis.messaging.application import Application, DatabaseUnavailable
from chassis.messaging.broker import Broker, BrokerUnavailable, broker_errors
from chassis.messaging.deadletters import bury, delivery_count
from chassis.messaging.envelope import Event, Undecodable
from chassis.messaging.holding import Holding
from chassis.messaging.relay import BACKOFF_SECONDS
from chassis.messaging.shutdown import Shutdown
from chassis.observability.context import trace_context
from chassis.observability.logs import get_logger
from chassis.observability.metrics import event_age_seconds, events_applied

MAX_TRIES = 5
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)
PREFETCH = 50
# How long a stopping consumer goes on with what it has already taken.
FINISH_SECONDS = 10.0
# How long the first message may stay away before it is asked for again; doubled each time, up to the second.
DOUBT_SECONDS = (5.0, 300.0)
CHORES_SECONDS = 600.0

log = get_logger(__name__)


class Delivery:
    """The messages of one connection. Gone with the connection: the broker then delivers them again."""

    def __init__(self, broker: Broker, queue: str, application: Application, connect: Callable[[], Broker]) -> None:
        self._broker = broker
        self._queue = queue
        self._application = application
        self._connect = connect
        self._channel = broker.channel()
        self._tag = ""
        self._probing = True
        self._doubt, self._longest_doubt = DOUBT_SECONDS
        self._doubt_at = 0.0
        self._arrived: deque[Any] = deque()
        self._holding: Holding[Any] = Holding()
        self._outages = 0
        self._pause_until = 0.0
        self._next_chores = time.monotonic() + CHORES_SECONDS / 10

    def start(self) -> None:
        """Begin with one message at a time: one that kills this process must not take 49 innocent ones along,
        whose delivery counts would grow with every crash until the broker takes them for poison."""
        self._doubt_at = time.monotonic() + self._doubt
        self._consume(prefetch=1)

    def run(self, shutdown: Shutdown) -> None:
        """Apply messages until the shutdown is requested, then finish those already here."""
        while not shutdown.requested:
            self._turn(at_most=0.5)
        with broker_errors():
            self._channel.basic_cancel(self._tag)
        deadline = time.monotonic() + FINISH_SECONDS
        while self._arrived and not self._paused() and time.monotonic() < deadline:
            self._turn(at_most=0.0)

    def _turn(self, *, at_most: float) -> None:
        now = time.monotonic()
        ready = bool(self._arrived) and not self._paused()
        self._broker.pump(0.0 if ready else self._holding.seconds_until_due(now, at_most=at_most))
        for message in self._holding.due(time.monotonic()):
            # The redelivery carries a higher x-delivery-count: the count lives in the queue, not in this process.
            with broker_errors():
                self._channel.basic_reject(message.delivery_tag, requeue=True)
        self._arrived.extendleft(reversed(self._holding.expired(now)))
        if self._arrived and not self._paused():
            self._settle(self._arrived.popleft())
        elif self._probing and not self._arrived and now > self._doubt_at:
            self._start_anew()
        elif now > self._next_chores:
            self._next_chores = now + CHORES_SECONDS
            self._application.do_chores()

    def _settle(self, message: Any) -> None:
        try:
            event = Event.decode(message.body)
        except Undecodable as error:
            self._bury(message, f"undecodable: {error}")
            return
        if self._holding.must_wait(event.subject, event.id, message):
            return
        with trace_context.bind(traceparent=event.traceparent, request_id=event.requestid, event_id=str(event.id)):
            if self._apply(message, event):
                self._arrived.extendleft(reversed(self._holding.settled(event.subject, event.id)))

    def _apply(self, message: Any, event: Event) -> bool:
        """True when the event is settled: applied, ignored or dead."""
        unknown = self._application.refusal(event.type)
        try:
            if unknown is None:
                applied = self._application.apply(event)
                _count_applied(event, first_time=applied)
                log.info("event applied" if applied else "event was applied before", type=event.type)
        except DatabaseUnavailable as error:
            return self._postpone(message, error)
        except Undecodable as error:
            unknown = f"undecodable: {error}"
        except ValidationError as error:
            unknown = f"undecodable: {_brief(error)}"
        except Exception as error:
            self._widen()
            tries = delivery_count(message) + 1
            events_applied.labels(event.type, "failed").inc()
            log.warning("handler failed", type=event.type, tries=tries, exc_info=True)
            if tries < MAX_TRIES:
                pause = RETRY_SECONDS[tries - 1]
                self._holding.retry_later(event.subject, event.id, message, now=time.monotonic(), seconds=pause)
                return False
            unknown = f"failed {tries} times: {_brief(error)}"
        if unknown:
            return self._bury(message, unknown)
        self._acknowledge(message)
        return True

    def _postpone(self, message: Any, error: Exception) -> bool:
        """Something we need is away: pause, then go on with the same message. It is unsettled, so False."""
        pause = BACKOFF_SECONDS[min(self._outages, len(BACKOFF_SECONDS) - 1)]
        self._outages += 1
        self._pause_until = time.monotonic() + pause
        self._arrived.appendleft(message)
        log.warning("the event has to wait", error=str(error), retry_in=pause)
        return False

    def _bury(self, message: Any, reason: str) -> bool:
        try:
            bury(self._connect, message, queue=self._queue, reason=reason)
        except BrokerUnavailable as error:
            return self._postpone(message, error)
        events_applied.labels("", "dead").inc()
        log.error("message went to the dead letters", queue=self._queue, reason=reason)
        self._acknowledge(message)
        return True

    def _acknowledge(self, message: Any) -> None:
        self._outages = 0
        self._widen()
        with broker_errors():
            self._channel.basic_ack(message.delivery_tag)

    def _paused(self) -> bool:
        return time.monotonic() < self._pause_until

    def _consume(self, *, prefetch: int) -> None:
        with broker_errors():
            self._channel.basic_qos(0, prefetch, False)
            self._tag = self._channel.basic_consume(self._queue, callback=self._arrived.append)

    def _start_anew(self) -> None:
        """A quorum queue that has just come back may lose a delivery on its way to the channel. The next one would
        show the gap and bring both (rabbit_fifo_client, RabbitMQ 4.0), but with one message at a time there is no
        next: the queue waits for us, and we for it. A closed channel gives back what was lost.
        """
        with broker_errors():
            self._channel.close()
        self._channel = self._broker.channel()
        # What came meanwhile belongs to the channel that is gone.
        self._arrived = deque()
        self._doubt = min(2 * self._doubt, self._longest_doubt)
        self.start()

    def _widen(self) -> None:
        """The first message left this process alive: take many from now on.

        A prefetch count holds for consumers made after it. To be called while that message is unacknowledged: nothing
        can then be on its way, and the client library rejects what arrives for a consumer just cancelled.
        """
        if self._probing:
            self._probing = False
            with broker_errors():
                self._channel.basic_cancel(self._tag)
            self._consume(prefetch=PREFETCH)


def _count_applied(event: Event, *, first_time: bool) -> None:
    events_applied.labels(event.type, "applied" if first_time else "repeated").inc()
    if first_time:
        event_age_seconds.labels(event.type).observe(max(0.0, time.time() - event.time.timestamp()))


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
