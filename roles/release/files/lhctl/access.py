"""The AccessLog port: what the edge answered, from the lines it leaves in the journal."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lhctl.ports import Request

# Enough for a picture of the time before, and read in well under a second.
LINES_BEFORE = 3000
_LINK = re.compile(r"/upstream/(\d\d)$")


class EdgeLog:
    """Implements lhctl.ports.AccessLog by following `journalctl -t nginx_access`."""

    @contextmanager
    def follow(self, service: str) -> Iterator[Tail]:
        command = [
            "journalctl", "--identifier=nginx_access", "--output=cat", "--follow", f"--lines={LINES_BEFORE}", "--quiet",
            "--boot",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None  # noqa: S101 - asked for in the line above
        os.set_blocking(process.stdout.fileno(), False)
        try:
            yield Tail(process.stdout.fileno(), service)
        finally:
            process.terminate()
            process.stdout.close()
            process.wait()


class Tail:
    """Lines as they come; `read` never waits."""

    def __init__(self, descriptor: int, service: str) -> None:
        self._descriptor = descriptor
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
