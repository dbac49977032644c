"""The Celery application of the workers: ``celery -A notifications.celery_app:app worker``."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from celery import Celery  # type: ignore[import-untyped]
from celery.schedules import schedule  # type: ignore[import-untyped]
from celery.signals import setup_logging  # type: ignore[import-untyped]
from kombu.entity import Exchange, Queue

from chassis.observability.logs import configure_logging
from chassis.observability.tasks import count_tasks
from chassis.settings import load_settings
from notifications.delivery.reminders import SWEEP_TASK, TASKS_EXCHANGE, queue_of
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings

SWEEP_SECONDS = 5.0
# A child that has not come back by then hangs: every wait inside a delivery is shorter.
TASK_SECONDS = 300


def task_queues() -> list[Queue]:
    """The queues as the broker's role declares them; we may not, and name only what Celery has to know."""
    exchange = Exchange(TASKS_EXCHANGE, type="topic", no_declare=True)  # type: ignore[no-untyped-call]
    return [
        Queue(  # type: ignore[no-untyped-call]
            queue_of(channel),
            exchange,
            routing_key=queue_of(channel),
            no_declare=True,
            queue_arguments={"x-queue-type": "quorum"},
        )
        for channel in Channel
    ]


def configuration(settings: NotificationSettings) -> dict[str, Any]:
    """Celery's settings."""
    sweep = {
        "task": SWEEP_TASK,
        "schedule": schedule(SWEEP_SECONDS, nowfun=_steady_now),
        # The first one at once: whoever started us anew may have lost something.
        "last_run_at": _steady_now() - timedelta(seconds=SWEEP_SECONDS),
        "options": {
            "queue": queue_of(Channel.EMAIL),
            # Without a limit, a broker that blocks publishers would stop beat for good.
            "confirm_timeout": 5,
            # Once more, because only a retry leaves a connection that broke: without it, every sweep after a restart
            # of the broker would fail.
            "retry": True,
            "retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        },
    }
    broker_url = _broker_url(settings)
    return {
        # Both, and not "broker_url": Celery's command line takes $BROKER_URL for that one, which has no password.
        "broker_read_url": broker_url,
        "broker_write_url": broker_url,
        "broker_transport_options": {
            "confirm_publish": True,
            "write_timeout": 10,
            "client_properties": {"connection_name": f"{settings.service}-celery"},
        },
        "broker_heartbeat": 20,
        "broker_connection_timeout": 5,
        # For ever: a broker that is away for a night must not need somebody to restart us.
        "broker_connection_max_retries": None,
        "broker_connection_retry_on_startup": True,
        "broker_pool_limit": 1,
        "task_queues": task_queues(),
        "task_default_queue": queue_of(Channel.EMAIL),
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": TASK_SECONDS,
        "worker_consumer": "notifications.delivery.task_consumer:TaskConsumer",
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "beat_scheduler": "celery.beat:Scheduler",  # two intervals need no file
        "beat_schedule": {"sweep": sweep},
        "imports": ["notifications.delivery.tasks"],
    }


def _steady_now() -> datetime:
    """What a clock says that nobody can set: by the host's, an hour set back is an hour without a sweep."""
    return datetime.fromtimestamp(time.monotonic(), UTC)


def _broker_url(settings: NotificationSettings) -> str:
    parts = urlsplit(settings.broker_url)
    if settings.broker_password is None or parts.password is not None:
        return settings.broker_url
    password = quote(settings.broker_password.get_secret_value(), safe="")
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{password}@{host}"))


settings = load_settings(NotificationSettings)
app = Celery("notifications", set_as_current=True)
app.conf.update(configuration(settings))
count_tasks()


@setup_logging.connect  # type: ignore[untyped-decorator]
def _log_like_the_other_processes(**_: object) -> None:
    # Being connected is what keeps Celery from configuring logging itself.
    configure_logging(settings)
