"""Runs on the host: asks through the links, as the edge does, until the file of argument 1 is there."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

CLIENTS = 4
PAUSE = 0.01
SLOW_EVERY = 60
LONGEST_SECONDS = 120.0


class Links(http.client.HTTPConnection):
    """A connection through one of the twenty links."""

    def __init__(self, number: int) -> None:
        super().__init__("echo", timeout=15)
        self.number = number % 20

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(15)
        self.sock.connect(f"/run/longhouse/echo/upstream/{self.number:02d}")


def client(seed: int, stop: Path, answers: Counter[str], failures: list[Any]) -> None:
    """One-shot requests one after the other; every so often a slow one."""
    number, end = seed, time.monotonic() + LONGEST_SECONDS
    while not stop.exists() and time.monotonic() < end:
        number += 1
        method, path = (
            ("POST", "/whoami") if number % 3 else ("GET", "/slow" if number % SLOW_EVERY == 0 else "/whoami")
        )
        connection = Links(number)
        try:
            connection.request(method, path, body="x" * 100 if method == "POST" else None)
            response = connection.getresponse()
            text = response.read()
            if response.status != 200:
                failures.append([time.time(), method, path, response.status])
            else:
                answers[json.loads(text)["colour"]] += 1
        except OSError as error:
            failures.append([time.time(), method, path, repr(error)])
        finally:
            connection.close()
        time.sleep(PAUSE)


def main() -> None:
    """Print `{"answers": {"blue": n, …}, "failures": […]}`."""
    answers: Counter[str] = Counter()
    failures: list[Any] = []
    stop = Path(sys.argv[1])
    clients = [threading.Thread(target=client, args=(seed * 5, stop, answers, failures)) for seed in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    sys.stdout.write(json.dumps({"answers": answers, "failures": failures[:20]}))


if __name__ == "__main__":
    main()
