"""The Probe and Connections ports: HTTP over unix sockets, and counting who is still connected."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

from lhctl.ports import Answer

ANSWER_SECONDS = 5.0
_LISTENS = 0x10000  # __SO_ACCEPTCON in /proc/net/unix
_ESTABLISHED = "01"  # in /proc/net/tcp
_TEXT_LIMIT = 500


class UnixConnection(http.client.HTTPConnection):
    """http.client with a socket file instead of host and port."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class SocketProbe:
    """Implements lhctl.ports.Probe."""

    def get(self, socket: Path, path: str, timeout: float = ANSWER_SECONDS) -> Answer:
        with closing(UnixConnection(socket, timeout)) as connection:
            try:
                connection.request("GET", path, headers={"Connection": "close"})
                response = connection.getresponse()
                text = response.read(65536).decode(errors="replace")
            except (OSError, http.client.HTTPException) as error:
                return Answer(0, {}, f"no answer on {socket}: {error or type(error).__name__}")
        return Answer(response.status, _object(text), text[:_TEXT_LIMIT])


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class KernelTables:
    """Implements lhctl.ports.Connections by reading /proc/net."""

    def __init__(self, proc: Path = Path("/proc/net")) -> None:
        self.proc = proc

    def count(self, socket: Path, port: int) -> int:
        return self._on_socket(str(socket)) + self._on_port(port)

    def _on_socket(self, path: str) -> int:
        # Columns: address, references, protocol, flags, type, state, inode, path. Each accepted or waiting
        # connection is a row with the path of the listener.
        rows = (line.split(maxsplit=7) for line in (self.proc / "unix").read_text().splitlines()[1:])
        return sum(len(row) == 8 and row[7] == path and not int(row[3], 16) & _LISTENS for row in rows)

    def _on_port(self, port: int) -> int:
        ending = f":{port:04X}"
        rows = (line.split() for line in (self.proc / "tcp").read_text().splitlines()[1:])
        return sum(row[1].endswith(ending) and row[3] == _ESTABLISHED for row in rows)
