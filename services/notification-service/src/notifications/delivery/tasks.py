"""The Celery tasks: thin, because the database says what is to be done."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from celery import shared_task  # type: ignore[import-untyped]
from celery.signals import worker_process_shutdown  # type: ignore[import-untyped]

from chassis import failpoints
from chassis.messaging.broker import BrokerUnavailable
from chassis.messaging.connections import open_database
from chassis.observability.logs import get_logger
from chassis.settings import load_settings
from notifications.channels.registry import configured_channels
from notifications.delivery.courier import Courier
from notifications.delivery.dispatcher import dispatch_due
from notifications.delivery.patience import PatientDatabase
from notifications.delivery.reminders import DELIVER_TASK, SWEEP_TASK, TaskQueue
from notifications.delivery.retry_policy import RetryPolicy
from notifications.delivery.sweeper import sweep as sweep_deliveries
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings
from notifications.templates.opener import configured_opener

log = get_logger(__name__)


@dataclass(frozen=True)
class Workplace:
    """What one worker child keeps open."""

    courier: Courier
    database: PatientDatabase
    reminders: TaskQueue
    policy: RetryPolicy


@cache
def workplace() -> Workplace:
    """Made by the first task of a child, so after the fork: connections do not survive one."""
    settings = load_settings(NotificationSettings)
    failpoints.enable(settings)
    database = PatientDatabase(lambda: open_database(settings, role="worker"))
    return Workplace(
        courier=Courier(
            database, configured_channels(settings), settings.retry_policy, opener=configured_opener(settings)
        ),
        database=database,
        reminders=TaskQueue(settings, role="sweeper"),
        policy=settings.retry_policy,
    )


@shared_task(name=DELIVER_TASK)  # type: ignore[untyped-decorator]
def deliver(delivery_id: str, channel: str) -> None:
    """Make an attempt at the delivery, if it is due and nobody else is at it."""
    workplace().courier.deliver(UUID(delivery_id), Channel(channel))


@shared_task(name=SWEEP_TASK)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Make lost deliveries due again, and remind of all that is due: the dispatcher may be what was lost."""
    place = workplace()
    place.database.run(lambda connection: sweep_deliveries(connection, place.policy))
    try:
        while place.database.run(lambda connection: dispatch_due(connection, place.reminders)):
            pass
    except BrokerUnavailable as error:
        log.warning("sweeper could not remind", error=str(error))
    finally:
        # The next sweep may run in another child; an idle connection would only miss its heartbeats.
        place.reminders.close()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close(**_: object) -> None:
    if workplace.cache_info().currsize:
        workplace().courier.close()
