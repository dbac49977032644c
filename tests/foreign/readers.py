"""Clients of the two applications: some keep their connection, some come anew, one listens on a WebSocket."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from tests.e2e.crowd import Crowd
from tests.e2e.listener import Listener
from tests.e2e.sandbox import Sandbox

PAUSE_SECONDS = 0.4
ADDRESSES = (("/blog/posts", "/blog/static/style.css"), ("/notes", "/notes/static/style.css"))


@dataclass
class Readers(Crowd):
    """A `with` block under load; afterwards `answers` counts statuses, `failures` names what went wrong."""

    sandbox: Sandbox
    answers: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener("/blog/live", self.heard.append, pause_seconds=0.1, failures=self.failures)

    async def _all(self) -> None:
        context = ssl.create_default_context(cafile=self.sandbox.ca_file)
        listening = self._session(aiohttp.TCPConnector(ssl=context))
        async with listening, asyncio.TaskGroup() as people:
            people.create_task(self.listener.listen(listening, self._over.is_set))
            for paths in ADDRESSES:
                for anew in (False, True):
                    people.create_task(self._reader(aiohttp.TCPConnector(ssl=context, force_close=anew), *paths))

    async def _reader(self, connector: aiohttp.TCPConnector, path: str, static: str) -> None:
        async with self._session(connector) as session:
            while not self._over.is_set():
                for method, address in (("GET", path), ("POST", path), ("GET", static)):
                    await self._ask(session, method, address)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, session: aiohttp.ClientSession, method: str, path: str) -> None:
        try:
            async with session.request(method, path, data="words" if method == "POST" else None) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return
        self.answers[response.status] += 1
        if response.status not in (200, 201):
            self.failures.append(f"{method} {path}: {response.status} {text[:200]}")

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=20)
        return aiohttp.ClientSession(self.sandbox.base_url, connector=connector, timeout=timeout)
