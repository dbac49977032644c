"""Event listener inside each fleet: tells systemd that it is ready and alive, and ends it when a program cannot live.

supervisord itself would go on for ever with a program in FATAL or dying every few seconds; the unit would look well.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from lhctl.supervisor import Supervisor

DEATHS = 5
WITHIN_SECONDS = 120.0


@dataclass
class Deaths:
    """Counts unexpected ends per program; too many within a while mean it keeps dying, however long each try lives."""

    times: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def too_many(self, program: str, now: float) -> bool:
        recent = self.times[program]
        recent.append(now)
        while recent and now - recent[0] > WITHIN_SECONDS:
            recent.popleft()
        return len(recent) >= DEATHS


def verdict(event: str, payload: Mapping[str, str], deaths: Deaths, now: float) -> str:
    """Why the fleet must end because of this event, or nothing."""
    program = payload.get("processname", "")
    if event == "PROCESS_STATE_FATAL":
        return f"{program} could not be started"
    unexpected = event == "PROCESS_STATE_BACKOFF" or (
        event == "PROCESS_STATE_EXITED" and payload.get("expected") != "1"
    )
    if unexpected and deaths.too_many(program, now):
        return f"{program} ended {DEATHS} times within {WITHIN_SECONDS:g} s"
    return ""


def guard(control: Path, mark: Path) -> None:
    """Serve supervisord's listener protocol on stdin and stdout until it closes them.

    `mark` gets the reason when the fleet must end; the unit's ExecStopPost turns it into a failed result.
    """
    supervisor, deaths, ready = Supervisor(control), Deaths(), False
    mark.unlink(missing_ok=True)
    while True:
        event, payload = _next_event(sys.stdin, sys.stdout)
        if not event:
            return
        reason = verdict(event, payload, deaths, time.monotonic())
        if reason:
            sys.stderr.write(f"fleet ends: {reason}\n")
            mark.write_text(reason, encoding="utf-8")
            supervisor.shutdown()
            continue
        if not ready and supervisor.all_run():
            ready = True
            _notify("READY=1")
        if event == "TICK_5":
            _notify("WATCHDOG=1")


def _next_event(source: TextIO, sink: TextIO) -> tuple[str, dict[str, str]]:
    """One round of the protocol: announce READY, read header and payload, acknowledge."""
    sink.write("READY\n")
    sink.flush()
    header = _pairs(source.readline())
    if "len" not in header:
        return "", {}
    payload = _pairs(source.read(int(header["len"])).partition("\n")[0])
    sink.write("RESULT 2\nOK")
    sink.flush()
    return header["eventname"], payload


def _pairs(line: str) -> dict[str, str]:
    return {key: value for key, _, value in (word.partition(":") for word in line.split())}


def _notify(message: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), "\0" + path[1:] if path[0] == "@" else path)
