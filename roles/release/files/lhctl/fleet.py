"""Main process of each fleet unit: runs supervisord and stands for it before systemd.

supervisord alone would go on for ever with a program in FATAL or dying every few seconds, and the unit would look well.
Here the unit has started when every program runs, and fails when one of them cannot live.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lhctl.supervisor import Program, Supervisor

DEATHS = 5
WITHIN_SECONDS = 120.0
STARTING_PAUSE = 0.2
RUNNING_PAUSE = 2.0


@dataclass
class Watch:
    """Remembers when each program was started; a new start without our doing means that it died."""

    started: dict[str, int] = field(default_factory=dict)
    deaths: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def verdict(self, programs: Sequence[Program], now: float) -> str:
        """Why the fleet must end, or nothing. `now` is any clock that only moves forward, in seconds."""
        for program in programs:
            if program.state == "FATAL":
                return f"{program.name} could not be started; its lines above say why"
            if self._died(program, now) and len(self.deaths[program.name]) >= DEATHS:
                return f"{program.name} ended {DEATHS} times within {WITHIN_SECONDS:g} s; its lines above say why"
        return ""

    def _died(self, program: Program, now: float) -> bool:
        before = self.started.get(program.name, 0)
        if program.start:
            self.started[program.name] = program.start
        if not before or not program.start or program.start == before:
            return False
        recent = self.deaths[program.name]
        recent.append(now)
        while now - recent[0] > WITHIN_SECONDS:
            recent.popleft()
        return True


class Fleet:
    """One supervisord and what systemd is told about it."""

    def __init__(self, command: Sequence[str], control: Path) -> None:
        self.process = subprocess.Popen(command)
        self.supervisor = Supervisor(control)
        self.watch = Watch()
        self.ready = False
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True
        self.process.terminate()

    def run(self) -> int:
        """Exit status: 0 after being asked to stop, 1 when the fleet cannot go on."""
        while self.process.poll() is None:
            if not self.stopping:
                self._look()
            try:
                self.process.wait(RUNNING_PAUSE if self.ready else STARTING_PAUSE)
            except subprocess.TimeoutExpired:
                continue
        if self.stopping:
            return 0
        sys.stderr.write(f"supervisord ended with status {self.process.returncode}\n")
        return 1

    def _look(self) -> None:
        try:
            programs = self.supervisor.programs()
        except OSError:
            return  # not up yet, or hanging: then nobody feeds systemd's watchdog
        reason = self.watch.verdict(programs, time.monotonic())
        if reason:
            sys.stderr.write(f"the fleet ends: {reason}\n")
            self.process.terminate()
            self.process.wait()
            raise SystemExit(1)
        if not self.ready and all(program.state == "RUNNING" for program in programs):
            self.ready = True
            _notify("READY=1")
        _notify("WATCHDOG=1")


def _notify(message: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), "\0" + path[1:] if path[0] == "@" else path)
