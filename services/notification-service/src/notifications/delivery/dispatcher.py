"""Puts a reminder into the broker for every delivery that is due and has none.

Whatever made a delivery due (an event, a request, a retry whose wait is over) comes this one way; no web request ever
talks to the broker. The database is the queue: at most `WINDOW` deliveries a channel have a reminder out at a time, so
the broker never holds a backlog that repetition could multiply.
"""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from chassis.messaging.broker import BrokerUnavailable
from chassis.observability.logs import get_logger
from notifications.delivery.reminders import Reminders, TaskQueue
from notifications.notifications.status import Channel

WINDOW = 500
BATCH = 50
IDLE_SECONDS = 0.5
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0)

log = get_logger(__name__)


def dispatch_due(connection: psycopg.Connection[Any], reminders: Reminders) -> int:
    """One batch: mark and remind; returns how many. Raises `BrokerUnavailable`, and then nothing is marked.

    The reminders go out inside the transaction that marks their rows: a crash in between rolls the marks back and the
    next run reminds again, which is harmless. Marking first could lose a reminder.
    """
    with connection.transaction():
        due: list[tuple[UUID, Channel]] = [
            (id_, Channel(channel))
            for id_, channel in sorted(
                connection.execute(
                    _MARK_DUE, {"channels": [channel.value for channel in Channel], "batch": BATCH, "window": WINDOW}
                )
            )
        ]
        if not due:
            return 0
        taken = reminders.put(due)
        refused = [id_ for id_, _ in due if id_ not in taken]
        if refused:
            connection.execute("UPDATE delivery SET enqueued_at = NULL WHERE id = ANY(%s)", (refused,))
    return len(taken)


class Dispatcher:
    """Runs `dispatch_due` for ever in a thread of the consumer process; `wake` makes it look at once.

    Trouble of database or broker is waited out. Anything else calls ``on_failure`` and ends the thread: a process
    that looks alive and dispatches nothing would be worse.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        reminders: TaskQueue,
        *,
        on_failure: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._reminders = reminders
        self._on_failure = on_failure
        self._connection: psycopg.Connection[Any] | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self.failed = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something due: look now."""
        self._wake.set()

    def stop(self, *, seconds: float = 10.0) -> None:
        """End the thread after the batch in hand."""
        self._stopping = True
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stopping:
                try:
                    self._wake.clear()
                    full = self._dispatch() > 0
                    failures = 0
                    pause = 0.0 if full else IDLE_SECONDS
                except (BrokerUnavailable, psycopg.OperationalError, psycopg.InterfaceError) as error:
                    pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                    failures += 1
                    self._close()
                    log.warning("dispatcher interrupted", error=str(error).strip(), retry_in=pause)
                    # Not the event: every new notification would cut the pause short.
                    time.sleep(pause)
                    continue
                self._wake.wait(pause)
        except Exception:
            log.exception("dispatcher failed")
            self.failed = True
            self._on_failure()
        finally:
            self._close()

    def _dispatch(self) -> int:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        self._reminders.keep_alive()
        return dispatch_due(self._connection, self._reminders)

    def _close(self) -> None:
        self._reminders.discard()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


# Of the deliveries that wait for a channel that was away, one at a time goes out to see whether it is back.
_MARK_DUE = """
WITH fresh AS MATERIALIZED (
    SELECT due.id FROM unnest(%(channels)s::text[]) AS asked(channel) CROSS JOIN LATERAL (
        SELECT id FROM delivery
        WHERE status = 'pending' AND enqueued_at IS NULL AND NOT awaiting_channel
            AND channel = asked.channel AND next_attempt_at <= now()
        ORDER BY next_attempt_at
        LIMIT (SELECT least(%(batch)s, greatest(0, %(window)s - count(*))) FROM delivery
               WHERE status = 'pending' AND enqueued_at IS NOT NULL AND channel = asked.channel)
        FOR UPDATE SKIP LOCKED
    ) AS due
), probe AS MATERIALIZED (
    SELECT due.id FROM unnest(%(channels)s::text[]) AS asked(channel) CROSS JOIN LATERAL (
        SELECT id FROM delivery
        WHERE status = 'pending' AND awaiting_channel AND enqueued_at IS NULL
            AND channel = asked.channel AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS due
)
UPDATE delivery SET enqueued_at = now() WHERE id IN (SELECT id FROM fresh UNION ALL SELECT id FROM probe)
RETURNING id, channel
"""
