"""Clients of echo who come through the edge over TLS: kept HTTP/1.1 and HTTP/2 connections, ones that come anew, and
one on a WebSocket."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
import httpx2

from tests.e2e.crowd import Crowd
from tests.e2e.listener import Listener

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 20.0
# Below what the edge allows per connection, so that ours are never the ones it ends.
REQUESTS_PER_CONNECTION = 500
SLOW_EVERY = 100
SLOW_SECONDS = 2.0
CLIENTS = {"kept": 4, "anew": 1, "http2": 2}

Ask = Callable[[str, str], Awaitable[tuple[int, str]]]


@dataclass
class Clients(Crowd):
    """A `with` block under load. Afterwards: `answers` by release and status, `failures` by what went wrong,
    `spans` as (end, seconds) of each request, `listener.reconnects` how often the WebSocket was told to come again."""

    base_url: str
    ca_file: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener("/echo/live", self._told, pause_seconds=PAUSE_SECONDS, failures=self.failures)

    @property
    def requests(self) -> int:
        return sum(self.answers.values()) + len(self.failures)

    def failed(self, release: str) -> int:
        return sum(count for (who, status), count in self.answers.items() if who == release and status >= 500)

    def p99(self, moments: Sequence[float] = ()) -> float:
        """Seconds, of all requests but the deliberately slow ones; with `moments`, of those under way within a second
        of one of them."""
        known = sorted(moments)
        ordered = sorted(
            seconds for end, seconds in self.spans
            if seconds < SLOW_SECONDS and (not known or _near(known, end - seconds, end))
        )  # fmt: skip
        return ordered[int(len(ordered) * 0.99)]

    def __enter__(self) -> Self:
        super().__enter__()
        time.sleep(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(1)
        super().__exit__(kind, error, trace)

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as people:
            people.create_task(self._by_websocket(ssl.create_default_context(cafile=self.ca_file)))
            for kind, count in CLIENTS.items():
                for number in range(count):
                    person = self._by_http2 if kind == "http2" else self._by_http1
                    # One each: a client writes what it can speak into its context.
                    context = ssl.create_default_context(cafile=self.ca_file)
                    people.create_task(person(context, number, kind == "kept"))

    async def _by_http1(self, context: ssl.SSLContext, seed: int, kept: bool) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        while not self._over.is_set():
            connector = aiohttp.TCPConnector(ssl=context, force_close=not kept)
            async with aiohttp.ClientSession(self.base_url, connector=connector, timeout=timeout) as session:

                async def ask(method: str, path: str, session: aiohttp.ClientSession = session) -> tuple[int, str]:
                    body = b"x" * 100 if method == "POST" else None
                    async with session.request(method, path, data=body) as response:
                        return response.status, (await response.json())["version"]

                await self._converse(ask, seed)

    async def _by_http2(self, context: ssl.SSLContext, seed: int, _: bool) -> None:
        while not self._over.is_set():
            async with httpx2.AsyncClient(
                base_url=self.base_url, verify=context, http1=False, http2=True, timeout=TIMEOUT_SECONDS
            ) as session:

                async def ask(method: str, path: str, session: httpx2.AsyncClient = session) -> tuple[int, str]:
                    response = await session.request(method, path, content=b"x" * 100 if method == "POST" else None)
                    return response.status_code, response.json()["version"]

                await self._converse(ask, seed)

    async def _by_websocket(self, context: ssl.SSLContext) -> None:
        async with aiohttp.ClientSession(self.base_url, connector=aiohttp.TCPConnector(ssl=context)) as session:
            await self.listener.listen(session, self._over.is_set)

    def _told(self, answer: str) -> None:
        self.answers[json.loads(answer)["version"], 200] += 1

    async def _converse(self, ask: Ask, seed: int) -> None:
        for number in range(seed * 7 + 1, seed * 7 + REQUESTS_PER_CONNECTION):
            if self._over.is_set():
                return
            path = "/echo/slow" if number % SLOW_EVERY == 0 else "/echo/work"
            method = "POST" if number % 3 == 0 else "GET"
            begun = time.time()
            try:
                status, release = await ask(method, path)
            except (aiohttp.ClientError, httpx2.HTTPError, TimeoutError, ValueError, KeyError) as error:
                self.failures.append(f"{begun:.2f} {method} {path} {error!r}")
            else:
                self.answers[release, status] += 1
                self.spans.append((time.time(), time.time() - begun))
            await asyncio.sleep(PAUSE_SECONDS)


def _near(moments: Sequence[float], start: float, end: float) -> bool:
    """Whether one of `moments`, in their order, is within a second of the time from `start` to `end`."""
    first = bisect_left(moments, start - 1)
    return first < len(moments) and moments[first] < end + 1
