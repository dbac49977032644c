"""Serve the sockets systemd hands over, and leave when nobody has asked for a while: then the console costs nothing."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Mapping

from longhouse_console.handler import Application, Handler

# More than one person with a page open; a flood waits in the sockets' queue.
MOST_AT_ONCE = 12
OPERATOR = "operator"


class Server:
    """`sockets` by name; the one named `operator` is open to root alone."""

    def __init__(self, application: Application, sockets: Mapping[str, socket.socket], idle_seconds: float) -> None:
        self._sockets = sockets
        self._idle_seconds = idle_seconds
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._handlers = {
            name: type("BoundHandler", (Handler,), {"application": application, "operator": name == OPERATOR})
            for name in sockets
        }
        self._lock = threading.Lock()
        self._open = 0
        self._last = time.monotonic()

    def run(self) -> None:
        """Returns when no connection is open and none came for `idle_seconds`, counted from now at the earliest."""
        self._last = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for name, listening in self._sockets.items():
                listening.setblocking(False)
                selector.register(listening, selectors.EVENT_READ, name)
            while not self._is_idle():
                for key, _ in selector.select(min(self._idle_seconds, 5.0)):
                    self._accept(str(key.data))

    def _is_idle(self) -> bool:
        with self._lock:
            return self._open == 0 and time.monotonic() - self._last >= self._idle_seconds

    def _accept(self, name: str) -> None:
        self._places.acquire()
        try:
            connection, _ = self._sockets[name].accept()
        except OSError:
            self._places.release()  # gone before we came
            return
        connection.setblocking(True)
        with self._lock:
            self._open += 1
        threading.Thread(target=self._serve, args=(name, connection), daemon=True).start()

    def _serve(self, name: str, connection: socket.socket) -> None:
        try:
            self._handlers[name](connection, ("local", 0), self)
        except OSError:
            pass  # the other side left
        finally:
            connection.close()
            with self._lock:
                self._open -= 1
                self._last = time.monotonic()
            self._places.release()
