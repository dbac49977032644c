"""The process ``notification-consumer``: events become rows, due rows become reminders."""

import os
import signal
import sys
from typing import Any

import psycopg

from chassis.messaging.application import AfterCommit, Handler
from chassis.messaging.connections import open_database
from chassis.messaging.consumer import run_consumer
from chassis.messaging.envelope import Event
from chassis.messaging.topology import events_queue
from chassis.observability.logs import configure_logging
from chassis.settings import load_settings
from notifications.delivery.dispatcher import Dispatcher
from notifications.delivery.reminders import TaskQueue
from notifications.settings import NotificationSettings
from notifications.subscriptions.erasure import erase_recipient
from notifications.subscriptions.intake import record_event
from notifications.subscriptions.registry import SUBSCRIPTIONS


def main() -> None:
    """Run until SIGTERM; exit status 1 when the dispatcher cannot go on."""
    settings = load_settings(NotificationSettings)
    configure_logging(settings)
    dispatcher = Dispatcher(
        lambda: open_database(settings, role="dispatcher"),
        TaskQueue(settings, role="dispatcher"),
        # The consumer ends at its next safe point; the supervisor then sees the status.
        on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM),
    )
    dispatcher.start()
    try:
        run_consumer(settings, events_queue(settings.service), handlers(dispatcher))
    finally:
        dispatcher.stop()
    if dispatcher.failed:
        sys.exit(1)


def handlers(dispatcher: Dispatcher) -> dict[str, Handler]:
    """What to do with each event type: record it, and once that is committed let the dispatcher look."""

    def record(connection: psycopg.Connection[Any], event: Event) -> list[AfterCommit]:
        return [dispatcher.wake] if record_event(connection, event) else []

    def erase(connection: psycopg.Connection[Any], event: Event) -> None:
        erase_recipient(connection, event)

    return {**dict.fromkeys(SUBSCRIPTIONS, record), "user.deleted.v1": erase}
