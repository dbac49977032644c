"""Clients that are slow on purpose, by the hundred, while somebody else is served."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.e2e.client import Client
from tests.e2e.raw import ENOUGH, read_all
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.hostile.ledger import Ledger
from tests.hostile.neighbour import Neighbour

# More than the connections that Nginx's workers have room for.
CROWD = 2000
DRIBBLES = 8


@pytest.fixture
def neighbour(sandbox: Sandbox, customer: Client) -> Iterator[Neighbour]:
    """Somebody at another address."""
    with Neighbour(sandbox, customer.tokens["access_token"]) as somebody:
        yield somebody


def opened(sandbox: Sandbox, stack: ExitStack, how_many: int) -> list[socket.socket]:
    """As many plain connections as the edge takes."""
    found: list[socket.socket] = []
    for _ in range(how_many):
        with suppress(OSError):
            found.append(stack.enter_context(socket.create_connection((sandbox.address, 443), timeout=1)))
            continue
        break
    return found


def ended(connection: ssl.SSLSocket) -> bool:
    """Whether the other side has hung up, seen without reading what it sent before."""
    watch = select.poll()
    watch.register(connection, select.POLLRDHUP)
    return bool(watch.poll(0))


def test_connections_that_say_nothing_leave_room_for_others(
    sandbox: Sandbox, ledger: Ledger, neighbour: Neighbour
) -> None:
    with ExitStack() as stack:
        held = opened(sandbox, stack, CROWD)
        ledger.note("slow clients")
        # Nginx has room for 2 x 768.
        assert 0 < len(held) < CROWD / 2
        ledger.figure(f"       one address held {len(held)} of {CROWD} silent connections")
        assert neighbour.answers(20) == [200] * 20


@pytest.mark.parametrize(
    "start",
    [
        "GET /api/orders HTTP/1.1\r\nHost: {address}\r\nX-Slow: ",
        "POST /api/auth/login HTTP/1.1\r\nHost: {address}\r\nContent-Length: 60000\r\n\r\n{{",
        "POST /api/auth/login HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n",
    ],
    ids=["header", "body", "chunks"],
)
def test_requests_that_dribble_leave_room_for_others(
    sandbox: Sandbox, ledger: Ledger, neighbour: Neighbour, start: str
) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with ExitStack() as stack:
        slow = []
        for plain in opened(sandbox, stack, 150):
            with suppress(OSError):
                connection = stack.enter_context(context.wrap_socket(plain, server_hostname=sandbox.address))
                connection.sendall(start.format(address=sandbox.address).encode())
                slow.append(connection)
        ledger.note("slow clients")
        assert slow
        for _ in range(DRIBBLES):
            for connection in slow:
                with suppress(OSError):
                    connection.sendall(b"1" if "chunked" not in start else b"1\r\nx\r\n")
            assert neighbour.answers(3) == [200] * 3
            time.sleep(0.2)


def test_a_client_that_does_not_read_is_let_go(sandbox: Sandbox, ledger: Ledger, neighbour: Neighbour) -> None:
    """Large answers asked for and never fetched: what was not fetched in time will not come any more."""
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    request = f"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: {sandbox.address}\r\n\r\n".encode()
    held: list[ssl.SSLSocket] = []
    with ExitStack() as stack:
        for _ in range(40):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.settimeout(10)
            plain.connect((sandbox.address, 443))
            connection = stack.enter_context(context.wrap_socket(plain, server_hostname=sandbox.address))
            connection.sendall(request * 3)
            held.append(connection)
        ledger.note("slow clients")
        assert neighbour.answers(20) == [200] * 20
        eventually(lambda: all(map(ended, held)), within=30, what="end of each connection that nobody reads")
        assert max(len(read_all(connection)) for connection in held) < ENOUGH
