"""Bytes as no library sends them, and what comes back."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass

from tests.e2e.raw import connect, read_all
from tests.e2e.sandbox import Sandbox


@dataclass(frozen=True)
class Answer:
    """One HTTP answer as it came."""

    status: int
    head: str
    body: str


def send(sandbox: Sandbox, payload: bytes, *, timeout: float = 15) -> list[Answer]:
    """Send `payload` on a connection of its own and return all answers; none when the edge just hangs up."""
    with connect(sandbox, timeout=timeout) as connection:
        # The edge may refuse and hang up before it has everything.
        with suppress(ConnectionError, ssl.SSLError):
            connection.sendall(payload)
        return answers(read_all(connection))


def answers(raw: bytes) -> list[Answer]:
    """The answers on one connection, in order; bodies by Content-Length, chunks or the end of the connection."""
    found: list[Answer] = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        assert lines[0].startswith("HTTP/1."), raw[:200]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body, raw = _body(headers, rest)
        found.append(Answer(int(lines[0].split()[1]), head.decode("latin-1"), body.decode("utf-8", "replace")))
    return found


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes]:
    if "content-length" in headers:
        length = int(headers["content-length"])
        return rest[:length], rest[length:]
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while rest:
            size_line, _, rest = rest.partition(b"\r\n")
            size = int(size_line, 16)
            body, rest = body + rest[:size], rest[size + 2 :]
            if size == 0:
                break
        return body, rest
    return rest, b""
