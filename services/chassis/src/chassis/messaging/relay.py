"""The relay: takes events from the outbox to the broker, for ever.

Claim (row locks) -> publish (persistent, mandatory) -> confirm -> put away -> commit. A death at any step leaves the
row: the event is published again and the receivers' inbox drops the second copy. Plain psycopg and kombu on purpose: a
relay runs beside every service, and the web stack would cost each 30 MB.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from chassis import failpoints
from chassis.messaging.broker import Broker, BrokerUnavailable
from chassis.messaging.claims import Claim, claim, forget_sent, settle
from chassis.messaging.connections import ConnectionSettings, open_broker, open_database
from chassis.messaging.envelope import CONTENT_TYPE
from chassis.messaging.publisher import Outcome, Outgoing, Publisher, Verdict
from chassis.messaging.shutdown import Shutdown
from chassis.messaging.topology import EVENTS_EXCHANGE
from chassis.observability.context import trace_context
from chassis.observability.logs import get_logger
from chassis.observability.metrics import events_published

BATCH = 100
BUSY_SECONDS = 0.05
IDLE_SECONDS = 0.5
TIDY_SECONDS = 60.0
STANDBY_SECONDS = 1.0
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
# Any number, the same for every relay of one database.
ADVISORY_LOCK = 0x6C6F6E67

log = get_logger(__name__)

Checkpoint = Callable[[str], None]


def no_checkpoint(_name: str) -> None:
    """Pass by."""


def run_relay(settings: ConnectionSettings, *, checkpoint: Checkpoint | None = None) -> None:
    """Run until SIGTERM. ``checkpoint`` hears the name of each step; by default it is the failpoint of that name."""
    failpoints.enable(settings)
    shutdown = Shutdown()
    shutdown.listen()
    Relay(settings, shutdown, checkpoint or failpoints.steps("relay")).run()
    shutdown.close()


class Relay:
    """One relay process. At most one per database works (advisory lock), the others stand by."""

    def __init__(
        self,
        settings: ConnectionSettings,
        shutdown: Shutdown,
        checkpoint: Checkpoint,
        *,
        exchange: str = EVENTS_EXCHANGE,
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._shutdown = shutdown
        self._checkpoint = checkpoint
        self._failures = 0

    def run(self) -> None:
        """Serve, and reconnect for ever with bounded backoff when database or broker go away."""
        while not self._shutdown.requested:
            try:
                self._serve()
            except (psycopg.Error, BrokerUnavailable) as error:
                pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
                self._failures += 1
                log.warning("relay interrupted", error=f"{type(error).__name__}: {error}".strip(), retry_in=pause)
                self._shutdown.sleep(pause)

    def _serve(self) -> None:
        with open_database(self._settings, role="relay") as database:
            if not self._lead(database):
                return
            broker = open_broker(self._settings, role="relay")
            try:
                self._drain(database, broker)
                broker.close()
            except BrokerUnavailable:
                database.close()
                self._sit_out_alarm(broker)
                raise
            finally:
                broker.discard()

    def _lead(self, database: psycopg.Connection[Any]) -> bool:
        # The lock belongs to the session that deletes the rows: losing one is losing both.
        while not self._shutdown.requested:
            row = database.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,)).fetchone()
            if row is not None and row[0]:
                log.info("relay leads")
                return True
            self._shutdown.sleep(STANDBY_SECONDS)
        return False

    def _sit_out_alarm(self, broker: Broker) -> None:
        # Reconnecting during an alarm would leave one more unread batch in the broker's buffers each time, and all
        # of them become duplicates when the alarm ends.
        try:
            while broker.blocked and not self._shutdown.requested:
                broker.pump(1.0)
        except BrokerUnavailable:
            return

    def _drain(self, database: psycopg.Connection[Any], broker: Broker) -> None:
        publisher = Publisher(broker, sent=lambda: self._checkpoint("published"))
        # A fresh connection proves itself with one event, so that a broker which fails again and again causes
        # one duplicate each time, not a hundred.
        limit, pause = 1, BUSY_SECONDS
        tidied = 0.0
        while not self._shutdown.requested:
            while broker.pump(0):
                pass
            moved = self._relay_batch(database, publisher, limit)
            self._failures = 0
            if moved:
                limit, pause = BATCH, BUSY_SECONDS
            else:
                if time.monotonic() - tidied > TIDY_SECONDS:
                    forget_sent(database)
                    tidied = time.monotonic()
                self._shutdown.sleep(pause)
                pause = min(pause * 1.5, IDLE_SECONDS)

    def _relay_batch(self, database: psycopg.Connection[Any], publisher: Publisher, limit: int) -> int:
        """Move one batch; returns how many events left. Failures keep their rows."""
        with database.transaction():
            claims = claim(database, limit)
            if not claims:
                return 0
            self._checkpoint("claimed")
            outcomes = publisher.publish([_outgoing(row, self._exchange) for row in claims])
            self._checkpoint("confirmed")
            settle(database, claims, outcomes)
            self._checkpoint("settled")
        for row in claims:
            _report(row, outcomes[row.id])
        return sum(outcome.verdict is Verdict.CONFIRMED for outcome in outcomes.values())


def _outgoing(row: Claim, exchange: str) -> Outgoing:
    return Outgoing(
        id=row.id,
        exchange=exchange,
        routing_key=row.type,
        body=row.body,
        content_type=CONTENT_TYPE,
        type=row.type,
    )


def _report(row: Claim, outcome: Outcome) -> None:
    events_published.labels(row.type, outcome.verdict).inc()
    with trace_context.bind(traceparent=row.traceparent, request_id=row.request_id, event_id=str(row.id)):
        if outcome.verdict is Verdict.CONFIRMED:
            log.info("event published", type=row.type)
        else:
            log.warning("event kept", type=row.type, verdict=outcome.verdict, reason=outcome.reason)
