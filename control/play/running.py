"""One run of ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from control import layout
from control.errors import FailedError
from control.play.failure import describe
from control.progress import Report

_CALLBACKS = "ansible.posix.profile_tasks,longhouse_events"
_LOG_TAIL = 15


@dataclass
class Played:
    """A finished run: seconds, number of tasks started, and Ansible's recap by host (ok, changed, failures, …)."""

    seconds: float = 0.0
    tasks: int = 0
    recap: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(host.get("changed", 0) for host in self.recap.values())


def run_playbook(
    inventory: Path, playbook: str, *, log: Path, report: Report, arguments: Sequence[str] = (), again: str = ""
) -> Played:
    """Run it from the repository's root with everything it prints in `log`; FailedError names the failing task.

    `again`: the command that tries the same once more, shown with a failure.
    """
    reading, writing = os.pipe()
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), playbook, *arguments]
    played, started, failures = Played(), time.monotonic(), []
    with log.open("wb") as output, os.fdopen(reading) as events:
        try:
            process = subprocess.Popen(
                command, cwd=layout.REPOSITORY, env=_environment(writing), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, pass_fds=[writing],
            )  # fmt: skip
        finally:
            os.close(writing)
        for event in _read(events):
            _follow(event, played, report)
            if event["event"] in {"failed", "unreachable"}:
                failures.append(event)
        status = process.wait()
    played.seconds = time.monotonic() - started
    if status != 0:
        raise _failure(playbook, failures, log, again)
    return played


def _follow(event: dict[str, Any], played: Played, report: Report) -> None:
    if event["event"] == "task":
        played.tasks += 1
        report(f"{played.tasks} {event['name']}")
    elif event["event"] == "stats":
        played.recap = event["hosts"]


def _failure(playbook: str, failures: list[dict[str, Any]], log: Path, again: str) -> FailedError:
    hint = f"see {log}" + (f", then {again}" if again else "")
    if failures:
        # The first one is the cause: with any_errors_fatal nothing but its own consequences follows.
        return FailedError(f"{playbook}: {describe(failures[0])[0]}", detail=describe(failures[0])[1], hint=hint)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
    return FailedError(f"{playbook} did not run", detail=tail, hint=hint)


def _read(events: IO[str]) -> Iterator[dict[str, Any]]:
    for line in events:
        event: dict[str, Any] = json.loads(line)
        yield event


def _environment(events: int) -> dict[str, str]:
    tools = Path(sys.executable).parent
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(layout.REPOSITORY / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": _CALLBACKS,
        "LONGHOUSE_EVENTS_FD": str(events),
        "PATH": f"{tools}:{os.environ['PATH']}",
    }
