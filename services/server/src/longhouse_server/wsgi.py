"""A WSGI application as the host wants it. Draining needs nothing here: connections end with each answer."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from longhouse_server.identity import READY_PATH, Identity

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_log = logging.getLogger("gunicorn.error")


class HostedWsgi:
    """Wraps an application; one per worker process."""

    def __init__(self, application: Application, identity: Identity) -> None:
        self.application = application
        self.identity = identity

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == READY_PATH:
            return self._answer_readiness(environ, start_response)
        if not environ.get("REMOTE_ADDR"):
            # Over the socket only the edge comes, and it overwrites what a client says of itself.
            environ["REMOTE_ADDR"] = environ.get("HTTP_X_REAL_IP", "")

        def signed(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *self.identity.signature], *error)

        return self.application(environ, signed)

    def _answer_readiness(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, body = self.identity.readiness(self._ask(environ))
        except Exception as error:
            _log.exception("GET %s failed", self.identity.health)
            status, body = self.identity.readiness(0, type(error).__name__)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _ask(self, environ: Environ) -> int:
        """Status of the application's own health path, through all of its middleware."""
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.identity.headers.items()}
        kept = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
        question = {
            **kept, **headers, "REQUEST_METHOD": "GET", "PATH_INFO": self.identity.health, "QUERY_STRING": "",
            "RAW_URI": self.identity.health, "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "https", "SERVER_NAME": self.identity.host, "SERVER_PORT": "443",
            "REMOTE_ADDR": "127.0.0.1",
        }  # fmt: skip
        said: list[str] = []

        def started(status: str, *_: Any) -> Callable[[bytes], None]:
            said.append(status)
            return lambda data: None

        answer = self.application(question, started)
        try:
            for _ in answer:
                pass
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return int(said[-1][:3])
