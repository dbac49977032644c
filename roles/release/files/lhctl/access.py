"""The AccessLog port: what the edge answered, from the lines it leaves in the journal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lhctl.events import tell
from lhctl.ports import Request

# Enough for a picture of the time before, and read in well under a second.
LINES_BEFORE = 1000
MARK_IDENTIFIER = "lhctl_watch"
_LINK = re.compile(r"/upstream/(\d\d)$")


class EdgeLog:
    """Implements lhctl.ports.AccessLog by following `journalctl -t nginx_access`."""

    @contextmanager
    def follow(self, service: str) -> Iterator[Tail]:
        command = [
            "journalctl", "--identifier=nginx_access", f"--identifier={MARK_IDENTIFIER}", "--output=cat", "--quiet",
            "--boot", "--follow", f"--lines={LINES_BEFORE}",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None  # noqa: S101 - asked for in the line above
        os.set_blocking(process.stdout.fileno(), False)
        try:
            mark = f"{service} watched by {os.getpid()} from {time.monotonic_ns()}"
            tell({"MESSAGE": mark, "SYSLOG_IDENTIFIER": MARK_IDENTIFIER, "PRIORITY": "7"})
            yield Tail(process.stdout.fileno(), service, mark)
        finally:
            process.terminate()
            process.stdout.close()
            process.wait()


class Tail:
    """Lines as they come; `read` never waits. On a busy host the first ones take seconds: `caught_up` says that a mark
    left at the beginning has come through, and with it everything before it."""

    def __init__(self, descriptor: int, service: str, mark: str = "") -> None:
        self.caught_up = not mark
        self._descriptor = descriptor
        self._last = mark.encode()
        self._mark = f'"service":"{service}"'.encode()
        self._rest = b""

    def read(self) -> list[Request]:
        """The requests to the service that have ended since the last call."""
        while True:
            try:
                part = os.read(self._descriptor, 1 << 16)
            except BlockingIOError:
                break
            if not part:
                break
            self._rest += part
        *lines, self._rest = self._rest.split(b"\n")
        self.caught_up = self.caught_up or self._last in lines
        found = (request_of(line) for line in lines if self._mark in line)
        return [request for request in found if request is not None]


def request_of(line: bytes) -> Request | None:
    """A line of the access log, or nothing when no service was asked or the line is from before a format change."""
    try:
        entry: dict[str, Any] = json.loads(line)
        # Several when a dead connection was tried again; the last one answered.
        link = _LINK.search(entry["upstream"])
        if link is None:
            return None
        seconds = float(entry["request_time"])
        return Request(
            ended=float(entry["time"]), status=int(entry["status"]), seconds=seconds, link=int(link[1]),
            colour=entry["colour"], version=entry["release"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None
