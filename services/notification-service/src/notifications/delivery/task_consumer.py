"""Celery's consumer without what would need the right to configure the broker."""

from typing import Any

from celery.worker.consumer import Consumer  # type: ignore[import-untyped]

# Waits are rows with next_attempt_at, so the 28 queues and exchanges of native delayed delivery stay undeclared.
_UNWANTED = {"celery.worker.consumer.delayed_delivery:DelayedDelivery"}


class TaskConsumer(Consumer):  # type: ignore[misc]
    """Used by the setting ``worker_consumer``."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of Celery's own blueprint, less the unwanted ones."""

        default_steps: list[Any] = [  # noqa: RUF012 - Celery's own spelling
            step for step in Consumer.Blueprint.default_steps if step not in _UNWANTED
        ]
