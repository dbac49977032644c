"""A TLS connection without an HTTP library on it, for what no library would send."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

from tests.e2e.sandbox import Sandbox

ENOUGH = 1_000_000


def connect(sandbox: Sandbox, *, timeout: float = 10, protocols: Sequence[str] = ()) -> ssl.SSLSocket:
    """An open connection to the edge, its certificate verified; it speaks one of `protocols` (ALPN) when given."""
    plain = socket.create_connection((sandbox.address, 443), timeout=timeout)
    try:
        context = ssl.create_default_context(cafile=sandbox.ca_file)
        context.set_alpn_protocols(protocols)
        connection = context.wrap_socket(plain, server_hostname=sandbox.address)
    finally:
        plain.close()
    assert not protocols or connection.selected_alpn_protocol() in protocols
    return connection


def read_all(connection: ssl.SSLSocket) -> bytes:
    """Everything until the other side hangs up, however it does; no more when that is `ENOUGH`."""
    received = b""
    with suppress(ConnectionError, ssl.SSLError):
        while len(received) < ENOUGH and (chunk := connection.recv(65536)):
            received += chunk
    return received
