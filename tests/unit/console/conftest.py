"""The console's server with its real parts on real sockets; the programs it asks are small HTTP servers."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.unit.plugins import ROOT

FILES = ROOT / "roles" / "console" / "files"
sys.path.insert(0, str(FILES))

ISSUER, AUDIENCE = "https://shop.example.com", "longhouse"
USER = "0197b1c2-0000-7000-8000-000000000001"


@dataclass
class Neighbour:
    """An HTTP server that answers `paths` ((status, body) by path) and keeps what it was asked."""

    paths: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    found = Neighbour()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            found.asked.append((self.command, self.path, body))
            status, said = found.paths.get(self.path.partition("?")[0], (404, {}))
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base class calls them so

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Mint:
    """Signs access tokens; `keys` is the file of public keys."""

    keys: Path
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def publish(self) -> None:
        jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self.secret.public_key()))
        self.keys.write_text(json.dumps({"keys": [jwk | {"kid": "k1"}]}))

    def token(self, *, typ: str = "at+jwt", algorithm: str = "EdDSA", **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": USER, "sid": "s1", "role": "admin", "iat": now, "exp": now + 600,
        }  # fmt: skip
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        key: Any = self.secret if algorithm == "EdDSA" else "a secret of at least thirty-two bytes, guessed"
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", "typ": typ})


@pytest.fixture
def mint(tmp_path: Path) -> Mint:
    found = Mint(tmp_path / "jwks.json")
    found.publish()
    return found


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket, calling itself `localhost` as a browser behind `ssh -L` does."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@pytest.fixture
def lhctl(tmp_path: Path) -> Iterator[Path]:
    """A socket that tells a status to whoever connects."""
    path = tmp_path / "status.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(8)

        def tell() -> None:
            with suppress(OSError):  # the end of the test
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.sendall(json.dumps({"services": []}).encode())

        threading.Thread(target=tell, daemon=True).start()
        yield path
        listening.shutdown(socket.SHUT_RDWR)


Ask = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def ask(tmp_path: Path, neighbour: Neighbour, mint: Mint, lhctl: Path) -> Iterator[Ask]:
    """`ask(socket name, method, path, headers=…, body=…)` -> status, decoded body or bytes, headers."""
    from longhouse_console.access import Access, Issuer
    from longhouse_console.alertmanager import Alertmanager
    from longhouse_console.handler import Application
    from longhouse_console.page import Page
    from longhouse_console.platform_state import PlatformState
    from longhouse_console.prometheus import Prometheus
    from longhouse_console.routes import Routes
    from longhouse_console.server import Server
    from longhouse_console.views import Views

    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>page</title>")
    views = Views(
        Prometheus(neighbour.url, FILES / "longhouse_console" / "definitions.json"),
        Alertmanager(neighbour.url),
        PlatformState(lhctl, tmp_path / "releases.jsonl"),
    )
    issuer = Issuer(name=ISSUER, audience=AUDIENCE, keys=mint.keys, users=neighbour.url)
    told: list[str] = []
    application = Application(Routes(views, told.append), Access(issuer), Page(page))
    sockets = {}
    for name in ("edge", "operator"):
        sockets[name] = socket.socket(socket.AF_UNIX)
        sockets[name].bind(str(tmp_path / f"{name}.sock"))
        sockets[name].listen(8)
    server = Server(application, sockets, idle_seconds=0.05)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def make(
        way: str, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, Any, dict[str, str]]:
        connection = UnixConnection(tmp_path / f"{way}.sock")
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, content, headers or {})
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        found = dict(response.getheaders())
        return response.status, json.loads(raw) if "json" in found["Content-Type"] else raw, found

    make.told = told  # type: ignore[attr-defined]  # for tests of what is recorded
    yield make
    stop.set()
    thread.join(10)
    for listening in sockets.values():
        listening.close()
