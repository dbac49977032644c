"""Processes of ours, recorded so that a number the kernel gave to somebody else is never signalled."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_START_TIME_FIELD = 19  # of /proc/PID/stat, counted after the parenthesised command name (field 22 in proc(5))


@dataclass(frozen=True)
class Process:
    """One process: its id and its start time in clock ticks since boot, which together never repeat."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this id now, or None; a zombie counts as gone."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else cls(pid, int(fields[_START_TIME_FIELD]))

    def alive(self) -> bool:
        return Process.of(self.pid) == self

    def children(self) -> list[Process]:
        try:
            pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [child for child in map(Process.of, map(int, pids)) if child is not None]

    def kill(self) -> None:
        if self.alive():
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def gone_within(self, seconds: float) -> bool:
        """Wait until the process has ended, at most `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
