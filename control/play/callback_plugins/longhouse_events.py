"""Ansible callback: writes what happens in a play as JSON lines to the file descriptor in LONGHOUSE_EVENTS_FD."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: longhouse_events
type: notification
short_description: events of a play for ./longhouse
description:
  - One JSON object a line on the file descriptor that the environment variable LONGHOUSE_EVENTS_FD names.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible ships no types
    """Turns Ansible's callbacks into events: play, task, failed, unreachable, stats."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "longhouse_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._stream = os.fdopen(int(os.environ["LONGHOUSE_EVENTS_FD"]), "w", buffering=1)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._emit(event="play", name=play.get_name())

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._emit(event="task", name=task.get_name())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._emit(event="task", name=task.get_name())

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._emit_failure("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._emit_failure("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._emit(event="stats", hosts={host: stats.summarize(host) for host in sorted(stats.processed)})

    def _emit_failure(self, event: str, result: Any) -> None:
        outcome = json.loads(self._dump_results(result.result))
        self._emit(event=event, host=result.host.get_name(), task=result.task.get_name(), result=outcome)

    def _emit(self, **event: Any) -> None:
        self._stream.write(json.dumps(event) + "\n")
