"""Every step is an event: a line in releases.jsonl, an entry in the journal, a line for the person who waits."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lhctl.ports import Clock
from lhctl.state import replace

JOURNAL = "/run/systemd/journal/socket"
# About ten thousand events, some hundreds of releases: what the console reads at once.
MOST_BYTES = 2 * 1024 * 1024
_PRIORITY = {"failed": "3", "undone": "4"}


class Recorder:
    """Writes events of one run; safe to share between the threads that release different services."""

    def __init__(self, path: Path, clock: Clock, run: str, say: Callable[[str], None] = lambda line: None) -> None:
        self.path = path
        self.clock = clock
        self.run = run
        self.say = say
        self._lock = threading.Lock()

    def record(self, service: str, step: str, outcome: str, seconds: float, **details: Any) -> None:
        """`outcome` is done, failed, undone or under way; `details` are short plain values, never secrets."""
        time = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="milliseconds")
        event = {
            "time": time, "run": self.run, "service": service, "step": step, "outcome": outcome,
            "seconds": round(seconds, 3), **{key: value for key, value in details.items() if value},
        }  # fmt: skip
        line = describe(event)
        with self._lock:
            self._append(json.dumps(event, sort_keys=True) + "\n")
            _tell_journal(event, line)
            self.say(line)

    def _append(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # One write with O_APPEND: a killed run leaves whole lines.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


def trim(path: Path, most_bytes: int = MOST_BYTES) -> None:
    """Let the older half of a file that grew beyond `most_bytes` go; for the holder of the lock. The journal keeps all
    for as long as it keeps anything."""
    if not path.exists() or path.stat().st_size <= most_bytes:
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    replace(path, "".join(lines[len(lines) // 2 :]))


def describe(event: dict[str, Any]) -> str:
    """`user  start  2.13 s  green 0.1.0-…`: one line of an event."""
    detail = event.get("detail") or event.get("reason") or ""
    mark = "" if event["outcome"] == "done" else f" {event['outcome'].upper()}"
    return f"{event['service']:<14} {event['step']:<9} {event['seconds']:6.2f} s{mark}  {detail}".rstrip()


def _tell_journal(event: dict[str, Any], line: str) -> None:
    fields = {
        "MESSAGE": line,
        "PRIORITY": _PRIORITY.get(event["outcome"], "6"),
        "SYSLOG_IDENTIFIER": "lhctl",
        "SERVICE": event["service"],
        "COLOUR": event.get("colour", ""),
        "RELEASE": event.get("version", ""),
        "LONGHOUSE_STEP": event["step"],
        "LONGHOUSE_OUTCOME": event["outcome"],
        "LONGHOUSE_RUN": event["run"],
    }
    tell(fields)


def tell(fields: Mapping[str, Any]) -> None:
    """Leave an entry in the journal; without a journal there is nobody to tell."""
    # Newlines would end a field in this framing; ours are one-line texts already.
    payload = "".join(f"{name}={str(value).replace(chr(10), ' ')}\n" for name, value in fields.items() if value)
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.sendto(payload.encode(), JOURNAL)
