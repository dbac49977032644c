"""What `lhctl status --json` and the events of releases tell."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from longhouse_console.problems import SourceError

SECONDS = 8.0
KEPT_SECONDS = 3.0
# Releases have about ten steps; what is older is in the journal.
MOST_EVENTS = 4000


class PlatformState:
    """Asks lhctl at most every few seconds, however many look; `services` are names of services released here."""

    def __init__(self, command: tuple[str, ...], events: Path) -> None:
        self._command = command
        self._events = events
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, Any]] = (float("-inf"), {})

    def status(self) -> dict[str, Any]:
        """The document of `lhctl status --json`."""
        with self._lock:
            at, found = self._kept
            if time.monotonic() - at >= KEPT_SECONDS:
                found = self._ask()
                self._kept = (time.monotonic(), found)
            return found

    def services(self) -> list[str]:
        """Names of the services; none when lhctl does not answer, so that logs can be read all the same."""
        try:
            return [service["name"] for service in self.status()["services"]]
        except SourceError:
            return []

    def events(self) -> list[dict[str, Any]]:
        """Steps of releases, oldest first: `{time, run, service, step, outcome, seconds, …}`."""
        try:
            with self._events.open(encoding="utf-8") as file:
                lines = deque(file, MOST_EVENTS)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SourceError(f"{self._events}: {error.strerror}") from error
        return [event for line in lines if (event := _event(line))]

    def _ask(self) -> dict[str, Any]:
        try:
            done = subprocess.run(self._command, capture_output=True, text=True, timeout=SECONDS, check=False)
            found: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"lhctl did not answer within {SECONDS:g} s") from error
        except OSError as error:
            raise SourceError(f"lhctl: {error.strerror}") from error
        except ValueError as error:
            raise SourceError(f"lhctl: {done.stderr.strip()[-300:] or 'no answer'}") from error
        return found


def _event(line: str) -> dict[str, Any] | None:
    """A killed writer leaves whole lines; a full disk may not."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"time", "service", "step", "outcome"} <= set(found) else None
