#!/usr/bin/python3 -I
"""Starts moto's S3 server in a way that strict clients can talk to."""

from __future__ import annotations

import contextlib
import ssl
import sys

from moto.server import main
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler

close = BaseWSGIServer.shutdown_request


def say_farewell_and_close(server: BaseWSGIServer, connection: ssl.SSLSocket) -> None:
    """End a connection as TLS asks for. Werkzeug just closes it, which OpenSSL 3 clients must take for an attack."""
    with contextlib.suppress(OSError, ValueError):
        connection.settimeout(2)
        connection.unwrap()
    close(server, connection)


BaseWSGIServer.shutdown_request = say_farewell_and_close
WSGIRequestHandler.protocol_version = "HTTP/1.1"
main(sys.argv[1:])
