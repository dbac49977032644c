"""Native journald datagrams: fields stay fields, so ``journalctl TRACE_ID=…`` finds them without parsing.

Protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

import json
import re
import socket
import struct
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

JOURNAL_SOCKET = Path("/run/systemd/journal/socket")
# One datagram must fit the socket's send buffer; a longer value is cut rather than handed over as a memfd.
_LONGEST_VALUE = 32_768
_NOT_A_FIELD_CHARACTER = re.compile(r"[^A-Z0-9_]")


class Sink(Protocol):
    """Where log records end: takes upper-case field names and text values."""

    def write(self, fields: Mapping[str, str]) -> None: ...

    def keep(self, fields: Mapping[str, str]) -> None:
        """Like ``write``, but raises OSError rather than losing a field."""


def field_name(name: str) -> str:
    """Return ``name`` as a journal field: upper case, digits and underscores, no leading underscore or digit."""
    cleaned = _NOT_A_FIELD_CHARACTER.sub("_", name.upper()).lstrip("_0123456789")
    return cleaned[:64] or "FIELD"


def encode(fields: Mapping[str, str]) -> bytes:
    """Encode one record in the native protocol; values with line breaks get an explicit length."""
    parts: list[bytes] = []
    for name, value in fields.items():
        data = value.encode("utf-8", "replace")[:_LONGEST_VALUE]
        if b"\n" in data:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n")
        else:
            parts.append(name.encode() + b"=" + data + b"\n")
    return b"".join(parts)


class JournalSink:
    """Sends records to journald; never blocks and never raises, because logging must not stop the work."""

    def __init__(self, path: Path = JOURNAL_SOCKET) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def write(self, fields: Mapping[str, str]) -> None:
        try:
            self.keep(fields)
        except OSError:
            # journald restarts or its queue is full: stderr is the unit's own pipe to it.
            StderrSink().write(fields)

    def keep(self, fields: Mapping[str, str]) -> None:
        self._socket.sendto(encode(fields), self._path)

    def close(self) -> None:
        self._socket.close()


class StderrSink:
    """One JSON object per line, for tests and a developer's shell."""

    def write(self, fields: Mapping[str, str]) -> None:
        self.keep(fields)

    def keep(self, fields: Mapping[str, str]) -> None:
        sys.stderr.write(json.dumps(fields, ensure_ascii=True) + "\n")


@cache
def open_sink() -> Sink:
    """Return the journal when it is there, else standard error; one socket per process."""
    return JournalSink() if JOURNAL_SOCKET.exists() else StderrSink()
