"""An ASGI application as the host wants it: says which release it is, and lets go of its clients when drained."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from longhouse_server.identity import ANSWER_SECONDS, READY_PATH, Identity

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger("gunicorn.error")
SERVICE_RESTART = 1012
LOOK_SECONDS = 0.5
# Told all at once, they would all come back at once.
SPREAD_SECONDS = 2.0


class HostedAsgi:
    """Wraps an application; one per worker process."""

    def __init__(self, application: Application, identity: Identity) -> None:
        self.application = application
        self.identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        elif scope["type"] != "http":
            await self.application(scope, receive, send)
        elif scope["path"] == READY_PATH:
            await self._answer_readiness(scope, send)
        else:
            await self.application(scope, receive, self._closing(send))

    def _closing(self, send: Send) -> Send:
        """Connections end with the answer while the colour is drained, so that it can be stopped."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and self.identity.draining:
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        return sent

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket that is still open when the colour is drained is told to come again (1012)."""
        accepted, closed = asyncio.Event(), False

        async def sent(message: Message) -> None:
            if closed:
                # What ASGI asks of a server whose client is gone.
                raise OSError("told to reconnect")
            await send(message)
            if message["type"] == "websocket.accept":
                accepted.set()

        async def drained() -> None:
            await accepted.wait()
            while not self.identity.draining:  # noqa: ASYNC110 - another process makes the file
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))  # noqa: S311 - spreads load, hides nothing

        session = asyncio.ensure_future(self.application(scope, receive, sent))
        watch = asyncio.ensure_future(drained())
        try:
            await asyncio.wait({session, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not session.done():
                closed = True
                await send({"type": "websocket.close", "code": SERVICE_RESTART, "reason": "service restart"})
            await session
        finally:
            watch.cancel()
            session.cancel()

    async def _answer_readiness(self, scope: Scope, send: Send) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, body = self.identity.readiness(await self._ask(scope))
        except TimeoutError:
            status, body = self.identity.readiness(0, f"GET {self.identity.health}: no answer in {ANSWER_SECONDS:g} s")
        except Exception as error:
            _log.exception("GET %s failed", self.identity.health)
            status, body = self.identity.readiness(0, type(error).__name__)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _ask(self, scope: Scope) -> int:
        """Status of the application's own health path, through all of its middleware."""
        path = self.identity.health
        headers = [(name.encode(), value.encode()) for name, value in self.identity.headers.items()]
        question = {
            **scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "scheme": "https",
        }  # fmt: skip
        status = 0
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if asked:
                # Who asks stays until the answer: applications stop working when their client is gone.
                await asyncio.get_running_loop().create_future()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        await self.application(question, receive, send)
        return status
