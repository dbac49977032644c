"""Counts Celery tasks by Celery's own signals."""

from time import perf_counter
from typing import Any

from celery.signals import task_postrun, task_prerun  # type: ignore[import-untyped]

from chassis.observability.metrics import task_seconds, tasks

_started: dict[str, float] = {}


def count_tasks() -> None:
    """Count every task that this process (and the workers it forks) runs; calling it again changes nothing."""
    task_prerun.connect(_on_start, dispatch_uid="longhouse-metrics")
    task_postrun.connect(_on_end, dispatch_uid="longhouse-metrics")


def _on_start(task_id: str, **_: Any) -> None:
    _started[task_id] = perf_counter()


def _on_end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    tasks.labels(task.name, (state or "unknown").lower()).inc()
    started = _started.pop(task_id, None)
    if started is not None:
        task_seconds.labels(task.name).observe(perf_counter() - started)
