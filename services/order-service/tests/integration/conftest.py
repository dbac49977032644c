"""Stand-ins at the ports: a user-service that behaves as told, a Redis that is gone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


@dataclass
class StandIn:
    """Answers ``GET /api/users/{id}``; remembers the headers it was asked with."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    delay: float = 0.0
    failures: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(self.delay)
        if self.failures > 0:
            self.failures -= 1
            return web.Response(status=503)
        user = {"id": request.match_info["id"], "email": "ada@example.com", "name": "Ada", "role": "user"}
        return web.json_response({**user, **self.body}, status=self.status)


@pytest.fixture
async def user_service() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    app = web.Application()
    app.router.add_get("/api/users/{id}", stand_in.answer)
    server = TestServer(app)
    await server.start_server()
    stand_in.url = str(server.make_url("")).rstrip("/")
    yield stand_in
    await server.close()


@pytest.fixture
def gone_redis() -> Redis:
    """A client whose server is gone, and which says so at once."""
    return Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
