"""What the host puts around an ASGI application."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from longhouse_server import asgi
from longhouse_server.asgi import HostedAsgi, Message, Receive, Scope, Send
from longhouse_server.identity import READY_PATH, Identity

pytestmark = pytest.mark.anyio
asgi.LOOK_SECONDS = asgi.SPREAD_SECONDS = 0.01


def identity(folder: Path) -> Identity:
    return Identity("blog", "1.0", "green", "/healthy", "example.org", folder / "green.draining")


class Client:
    """Collects what the application sends; `said` is what the client sends."""

    def __init__(self, *said: Message) -> None:
        self.said = list(said)
        self.got: list[Message] = []
        self.changed = asyncio.Event()

    async def receive(self) -> Message:
        if self.said:
            return self.said.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Message) -> None:
        self.got.append(message)
        self.changed.set()


def http(path: str) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "headers": [],
        "query_string": b"x",
    }


class Asked:
    """Answers `status` to everything and remembers what it was asked."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"anything"})


async def readiness(application: Any, folder: Path) -> tuple[int, dict[str, Any]]:
    client = Client()
    await HostedAsgi(application, identity(folder))(http(READY_PATH), client.receive, client.send)
    return client.got[0]["status"], json.loads(client.got[1]["body"])


async def test_readiness_asks_the_applications_own_path_and_names_the_release(tmp_path: Path) -> None:
    application = Asked(200)
    status, body = await readiness(application, tmp_path)
    assert (status, body["status"], body["version"], body["colour"]) == (200, "ok", "1.0", "green")
    (asked,) = application.scopes
    assert (asked["method"], asked["path"], asked["query_string"], asked["scheme"]) == ("GET", "/healthy", b"", "https")
    assert (b"host", b"example.org") in asked["headers"]


@pytest.mark.parametrize("answer", [302, 404, 500])
async def test_any_other_answer_is_not_ready_and_says_which(tmp_path: Path, answer: int) -> None:
    status, body = await readiness(Asked(answer), tmp_path)
    assert status == 503
    assert body["checks"]["application"]["error"] == f"GET /healthy answered {answer}"


async def test_an_application_that_raises_is_not_ready(tmp_path: Path) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("password in here")

    status, body = await readiness(broken, tmp_path)
    assert status == 503
    assert body["checks"]["application"]["error"] == "ValueError"


async def test_a_drained_colour_is_not_ready_and_closes_its_connections(tmp_path: Path) -> None:
    identity(tmp_path).flag.touch()  # type: ignore[union-attr]
    status, body = await readiness(Asked(200), tmp_path)
    assert (status, body["status"]) == (503, "draining")
    client = Client()
    await HostedAsgi(Asked(200), identity(tmp_path))(http("/"), client.receive, client.send)
    assert client.got[0]["headers"] == [(b"x", b"y"), (b"connection", b"close")]


async def test_an_undrained_colour_keeps_its_connections(tmp_path: Path) -> None:
    client = Client()
    await HostedAsgi(Asked(200), identity(tmp_path))(http("/"), client.receive, client.send)
    assert client.got[0]["headers"] == [(b"x", b"y")]


async def test_an_open_websocket_is_told_to_reconnect_when_the_colour_is_drained(tmp_path: Path) -> None:
    ended: list[str] = []

    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            while True:
                await asyncio.sleep(0.005)
                await send({"type": "websocket.send", "text": "tick"})
        except OSError:
            ended.append("as if the client had gone")

    client = Client()
    running = asyncio.ensure_future(
        HostedAsgi(talk, identity(tmp_path))({"type": "websocket", "path": "/"}, client.receive, client.send)
    )
    await client.changed.wait()
    identity(tmp_path).flag.touch()  # type: ignore[union-attr]
    async with asyncio.timeout(5):
        await running
    assert client.got[-1] == {"type": "websocket.close", "code": 1012, "reason": "service restart"}
    assert ended
