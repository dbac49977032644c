"""RabbitMQ's management API, as far as the topology needs it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

UNAUTHORISED = 401
STARTING_SECONDS = 20.0
REQUEST_SECONDS = 15.0


class ManagementError(Exception):
    """The API refused a request, or does not answer (``unreachable``)."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.unreachable = status == 0


class Management:
    """A client with the administrator's credentials; every failure is a ManagementError."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request; returns the decoded answer, None when it has no body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        request = Request(self.url + path, data=data, method=method, headers=headers)  # noqa: S310 (fixed http address)
        try:
            with urlopen(request, timeout=REQUEST_SECONDS) as response:  # noqa: S310
                text = response.read()
        except HTTPError as error:
            reason = error.read().decode(errors="replace")[:300]
            raise ManagementError(f"{method} {path}: {error.code} {reason}", status=error.code) from None
        except (URLError, OSError) as error:
            raise ManagementError(f"{self.url} does not answer: {error}; see journalctl -u rabbitmq-server") from None
        return json.loads(text) if text else None

    def get(self, path: str) -> Any:
        """Read one resource."""
        return self.send("GET", path)

    def knows_us(self, patience: float = STARTING_SECONDS) -> bool:
        """Whether our credentials are accepted; the API answers some seconds later than the broker is started."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self.get("/api/whoami")
            except ManagementError as error:
                if error.status == UNAUTHORISED:
                    return False
                if not error.unreachable or time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return True

    def is_idle(self, vhost: str, queue: str) -> bool:
        """Whether a queue has no consumer and no message, neither ready nor unacknowledged.

        Counts are some seconds old, so the queue itself is asked last; a message it gives is put back.
        """
        path = f"/api/queues/{quote(vhost, safe='')}/{quote(queue, safe='')}"
        state = self.get(path)
        if state.get("consumers", 1) or state.get("messages", 1):
            return False
        look = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto", "truncate": 1}
        return not self.send("POST", f"{path}/get", look)
