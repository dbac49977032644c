"""What the host puts around a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from longhouse_server.identity import READY_PATH, Identity
from longhouse_server.wsgi import Environ, HostedWsgi, StartResponse


class Asked:
    """Answers `status` to everything and remembers what it was asked."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.environs: list[Environ] = []
        self.closed = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.environs.append(environ)
        start_response(self.status, [])
        return self

    def __iter__(self) -> Any:
        return iter([b"anything"])

    def close(self) -> None:
        self.closed = True


def ask(application: Any, path: str, folder: Path, **more: str) -> tuple[str, bytes]:
    said: list[str] = []

    def started(status: str, headers: list[tuple[str, str]]) -> None:
        said.append(status)

    environ = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "REMOTE_ADDR": "", "HTTP_COOKIE": "a=b", **more}
    identity = Identity("notes", "1.0", "blue", "/status/", "example.org", folder / "blue.draining")
    return said[0] if said else "", b"".join(HostedWsgi(application, identity)(environ, started)) or said[0].encode()


def test_readiness_asks_the_applications_own_path_and_names_the_release(tmp_path: Path) -> None:
    application = Asked("200 OK")
    _, text = ask(application, READY_PATH, tmp_path)
    body = json.loads(text)
    assert (body["status"], body["version"], body["colour"]) == ("ok", "1.0", "blue")
    (asked,) = application.environs
    assert (asked["REQUEST_METHOD"], asked["PATH_INFO"], asked["HTTP_HOST"]) == ("GET", "/status/", "example.org")
    assert "HTTP_COOKIE" not in asked
    assert application.closed


@pytest.mark.parametrize(("answer", "number"), [("301 Moved", 301), ("500 Oh", 500)])
def test_any_other_answer_is_not_ready_and_says_which(tmp_path: Path, answer: str, number: int) -> None:
    body = json.loads(ask(Asked(answer), READY_PATH, tmp_path)[1])
    assert body["checks"]["application"]["error"] == f"GET /status/ answered {number}"


def test_a_drained_colour_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "blue.draining").touch()
    assert json.loads(ask(Asked("200 OK"), READY_PATH, tmp_path)[1])["status"] == "draining"


def test_the_client_over_the_socket_is_who_the_edge_says(tmp_path: Path) -> None:
    application = Asked("200 OK")
    ask(application, "/notes", tmp_path, HTTP_X_REAL_IP="192.0.2.7")
    ask(application, "/notes", tmp_path, HTTP_X_REAL_IP="192.0.2.7", REMOTE_ADDR="127.0.0.1")
    assert [environ["REMOTE_ADDR"] for environ in application.environs] == ["192.0.2.7", "127.0.0.1"]


def test_every_answer_is_signed_for_the_edge(tmp_path: Path) -> None:
    identity = Identity("notes", "1.0", "blue", "/status/", "example.org", tmp_path / "blue.draining")
    sent: list[tuple[str, str]] = []

    def started(_status: str, headers: list[tuple[str, str]]) -> None:
        sent.extend(headers)

    list(HostedWsgi(Asked("200 OK"), identity)({"PATH_INFO": "/", "REMOTE_ADDR": "x"}, started))
    assert sent == [("X-Longhouse-Colour", "blue"), ("X-Longhouse-Release", "1.0")]
