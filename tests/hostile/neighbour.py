"""Somebody at another address than ours: a client on the host itself, which reaches the edge at its public address."""

from __future__ import annotations

import json
import subprocess
from types import TracebackType
from typing import Self

from tests.e2e.sandbox import Sandbox

# Reads one line {"count": n} and answers with [[status, seconds], …]. Every request is a connection of its own: a new
# client is the one that a full house keeps out.
PROGRAM = """
import http.client, json, ssl, sys, time
address, token = json.loads(sys.stdin.readline())
context = ssl._create_unverified_context()
for line in sys.stdin:
    found = []
    for _ in range(json.loads(line)):
        started = time.perf_counter()
        try:
            connection = http.client.HTTPSConnection(address, timeout=8, context=context)
            connection.request('GET', '/api/orders', headers={'Authorization': 'Bearer ' + token})
            status = connection.getresponse().status
            connection.close()
        except OSError as error:
            status = repr(error)
        found.append([status, time.perf_counter() - started])
    print(json.dumps(found), flush=True)
"""


class Neighbour:
    """A `with` block with a customer logged in elsewhere; `seconds` holds how long each answer took."""

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        self._sandbox = sandbox
        self._token = token
        self.seconds: list[float] = []

    def answers(self, count: int) -> list[int | str]:
        """Statuses of `count` requests, one after another; what went wrong in place of a status."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        self.seconds += [seconds for _, seconds in found]
        return [status for status, _ in found]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._sandbox.ssh, f'python3 -u -c "{PROGRAM}"'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps([self._sandbox.address, self._token]) + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.stdout
        self._process.stdout.close()
        assert self._process.wait(30) == 0
