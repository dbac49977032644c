"""gunicorn's workers, which also tell systemd that their loops turn; when none does any more, the unit is restarted."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from longhouse_server.identity import Identity

BEAT_SECONDS = 5


class Beat:
    """WATCHDOG=1 to systemd, at most once in BEAT_SECONDS."""

    def __init__(self) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "")
        self.address = "\0" + path[1:] if path.startswith("@") else path
        self.last = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if self.address and now - self.last >= BEAT_SECONDS:
            self.last = now
            # systemd being busy for one beat is no reason to stop serving.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, suppress(OSError):
                notify.setblocking(False)
                notify.sendto(b"WATCHDOG=1", self.address)


class Beating:
    """In front of a gunicorn worker: where gunicorn is told that the loop turns, systemd is told too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.beat = Beat()

    def notify(self) -> None:
        super().notify()  # type: ignore[misc] # of the worker behind
        self.beat()


class AsgiWorker(Beating, UvicornWorker):  # type: ignore[misc]
    """uvicorn, which believes the edge's forwarded headers: nobody else reaches it."""

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012 - the parent's spelling
        "loop": "uvloop",
        "http": "httptools",
        "ws": "auto",
        "lifespan": "auto",
        "access_log": False,
        "proxy_headers": True,
        "forwarded_allow_ips": "*",
        "server_header": False,
        "timeout_notify": BEAT_SECONDS,
        "headers": Identity.of().signature,
    }


class WsgiWorker(Beating, ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads."""
