"""One connection: read a request, find out who asks, answer JSON or a file of the page."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from longhouse_console.access import OPERATOR, Access, Caller
from longhouse_console.page import Page
from longhouse_console.problems import Problem, SourceError
from longhouse_console.routes import API, Request, Routes

_MOST_BODY = 16 * 1024
# Over ssh the browser believes it talks to its own machine; any other name is somebody's trick (DNS rebinding).
_OWN_NAMES = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
# What the edge adds to every answer.
_WITHOUT_EDGE = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip


@dataclass(frozen=True)
class Application:
    """What every connection shares."""

    routes: Routes
    access: Access
    page: Page


class Handler(BaseHTTPRequestHandler):
    """`operator` is set by the server: the connection came over the socket that only root may open."""

    protocol_version = "HTTP/1.1"
    server_version = "longhouse-console"
    sys_version = ""
    timeout = 30
    application: Application
    operator: bool

    def do_GET(self) -> None:
        if self.operator and not self.path.startswith(API):
            self._file()
        else:
            self._document("GET")

    def do_POST(self) -> None:
        self._document("POST")

    def do_DELETE(self) -> None:
        self._document("DELETE")

    def _document(self, method: str) -> None:
        try:
            address = urlsplit(self.path)
            body = self._body() if method == "POST" else None
            request = Request(method, address.path, dict(parse_qsl(address.query)), self._caller(method), body)
            self._answer(200, "application/json", json.dumps(self.application.routes.answer(request)).encode())
        except Problem as problem:
            self._refuse(problem)
        except SourceError as error:
            self._refuse(Problem(503, str(error)))
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as error:
            sys.stderr.write(f"<3>{method} {urlsplit(self.path).path}: {error!r}\n")
            self._refuse(Problem(500, "The console failed; its journal says why: journalctl -u longhouse-console"))

    def _caller(self, method: str) -> Caller:
        if not self.operator:
            return self.application.access.caller(self.headers.get("Authorization", ""))
        self._check_name()
        # No token stands between a foreign page and this socket; a form of such a page cannot send this header.
        if method != "GET" and self.headers.get("X-Longhouse-Console") != "1":
            raise Problem(403, "Only the console's own page may change anything.")
        return OPERATOR

    def _check_name(self) -> None:
        if not _OWN_NAMES.fullmatch(self.headers.get("Host", "")):
            raise Problem(421, "Over ssh the console answers to localhost alone.")

    def _body(self) -> Any:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self.close_connection = True
            raise Problem(411, "Say how long the body is.") from None
        if not 0 <= length <= _MOST_BODY:
            self.close_connection = True
            raise Problem(413, "The body is larger than the console takes.")
        try:
            return json.loads(self.rfile.read(length))
        except ValueError as error:
            raise Problem(400, "The body is no JSON.") from error

    def _file(self) -> None:
        try:
            self._check_name()
            kind, content, policy = self.application.page.file(urlsplit(self.path).path)
        except Problem as problem:
            self._refuse(problem)
            return
        self._answer(200, kind, content, {"Content-Security-Policy": policy})

    def _refuse(self, problem: Problem) -> None:
        headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
        headers |= {"Retry-After": "2"} if problem.status == 503 else {}
        body = problem.body() | {"request_id": self.headers.get("X-Request-Id", "")}
        self._answer(problem.status, "application/problem+json", json.dumps(body).encode(), headers)

    def _answer(self, status: int, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
        for name, value in {**own, **(_WITHOUT_EDGE if self.operator else {}), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The edge records requests; over ssh there is one person."""

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "local"
