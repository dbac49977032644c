"""One client's load is that client's problem."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from contextlib import suppress
from statistics import median
from uuid import uuid4

import pytest

from tests.e2e.client import Client
from tests.e2e.raw import connect, read_all
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.hostile.attacker import answers
from tests.hostile.ledger import Ledger
from tests.hostile.neighbour import Neighbour

THREADS = 4
BUNDLE = 100
ROUNDS = 40
LAST = "GET /nothing HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n"


class Flood:
    """A `with` block while one address sends bundles of requests as fast as they are answered."""

    def __init__(self, sandbox: Sandbox, request: str) -> None:
        self._sandbox = sandbox
        self._bundle = request.replace("Host: @", f"Host: {sandbox.address}").encode() * BUNDLE
        self._over = threading.Event()
        self.statuses: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]

    def _run(self) -> None:
        while not self._over.is_set():
            with connect(self._sandbox, timeout=30) as connection, suppress(ConnectionError, ssl.SSLError):
                connection.sendall(self._bundle + LAST.replace("Host: @", f"Host: {self._sandbox.address}").encode())
                self.statuses.update(answer.status for answer in answers(read_all(connection)))

    def __enter__(self) -> Flood:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("what", ["orders", "log-ins", "unknown addresses"])
def test_a_flood_from_one_address_leaves_the_others_their_share(
    sandbox: Sandbox, customer: Client, stranger: Client, ledger: Ledger, what: str
) -> None:
    bearer = stranger.tokens["access_token"]
    login = f'{{"email": "{uuid4().hex}@example.com", "password": "not the password"}}'
    floods = {
        "orders": f"GET /api/orders HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer {bearer}\r\n\r\n",
        "log-ins": "POST /api/auth/login HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(login)}\r\n\r\n{login}",
        "unknown addresses": "GET /nothing HTTP/1.1\r\nHost: @\r\n\r\n",
    }
    with Neighbour(sandbox, customer.tokens["access_token"]) as calm:
        assert calm.answers(ROUNDS) == [200] * ROUNDS
    with Neighbour(sandbox, customer.tokens["access_token"]) as crowded, Flood(sandbox, floods[what]) as flood:
        eventually(flood.statuses.total, within=60, what="answer to the flood")
        assert crowded.answers(ROUNDS) == [200] * ROUNDS
    ledger.note("fair share")
    assert not any(status >= 500 for status in flood.statuses), flood.statuses
    ledger.figure(
        f"       neighbour of a flood of {what}: median {median(calm.seconds) * 1000:.1f} ms calm, "
        f"{median(crowded.seconds) * 1000:.1f} ms crowded; the flood got {dict(flood.statuses)}"
    )
