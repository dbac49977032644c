"""A TLS connection without an HTTP library on it, for what no library would send."""

from __future__ import annotations

import socket
import ssl

from tests.e2e.sandbox import Sandbox


def connect(sandbox: Sandbox, *, timeout: float = 10) -> ssl.SSLSocket:
    """An open connection to the edge, its certificate verified."""
    plain = socket.create_connection((sandbox.address, 443), timeout=timeout)
    try:
        context = ssl.create_default_context(cafile=sandbox.ca_file)
        return context.wrap_socket(plain, server_hostname=sandbox.address)
    finally:
        plain.close()


def read_all(connection: ssl.SSLSocket) -> bytes:
    """Everything until the other side hangs up."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received
