"""What `lhctl status --json` and the events of releases tell."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from longhouse_console.problems import SourceError

SECONDS = 8.0
KEPT_SECONDS = 4.0
# Releases have about ten steps; what is older is in the journal.
MOST_EVENTS = 4000


class PlatformState:
    """Asks lhctl at most every few seconds, however many look. Behind the socket `status` systemd runs it as root."""

    def __init__(self, status: Path, events: Path) -> None:
        self._status = status
        self._events = events
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, Any] | SourceError] = (float("-inf"), {})

    def status(self) -> dict[str, Any]:
        """The document of `lhctl status --json`."""
        with self._lock:
            at, found = self._kept
            if time.monotonic() - at >= KEPT_SECONDS:
                try:
                    found = self._ask()
                except SourceError as error:
                    found = error
                self._kept = (time.monotonic(), found)
        if isinstance(found, SourceError):
            raise found
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
            with socket.socket(socket.AF_UNIX) as asked:
                asked.settimeout(SECONDS)
                asked.connect(str(self._status))
                with asked.makefile("rb") as answer:
                    found: dict[str, Any] = json.loads(answer.read())
        except TimeoutError as error:
            raise SourceError(f"lhctl did not answer within {SECONDS:g} s") from error
        except OSError as error:
            raise SourceError(f"lhctl cannot be asked: {error.strerror}") from error
        except ValueError as error:
            raise SourceError("lhctl gave no answer: journalctl -u 'longhouse-console-status@*' says why") from error
        return found


def _event(line: str) -> dict[str, Any] | None:
    """A killed writer leaves whole lines; a full disk may not."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"time", "service", "step", "outcome"} <= set(found) else None
