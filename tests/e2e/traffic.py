"""Clients who do not care that a release is under way: some keep their connection, some come anew each time."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from tests.e2e.crowd import Crowd
from tests.e2e.sandbox import Sandbox

ORDER = {"items": [{"sku": "A", "name": "A", "quantity": 1, "unit_price": 1}], "currency": "EUR"}
KEEPING, COMING_ANEW = 4, 2
PAUSE_SECONDS = 0.05


@dataclass
class Traffic(Crowd):
    """A `with` block under load; afterwards `answers` counts statuses and `failures` names what went wrong."""

    sandbox: Sandbox
    token: str
    answers: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    async def _all(self) -> None:
        context = ssl.create_default_context(cafile=self.sandbox.ca_file)
        async with asyncio.TaskGroup() as people:
            for number in range(KEEPING + COMING_ANEW):
                connector = aiohttp.TCPConnector(ssl=context, force_close=number >= KEEPING)
                people.create_task(self._person(connector))

    async def _person(self, connector: aiohttp.TCPConnector) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(
            self.sandbox.base_url, connector=connector, headers=headers, timeout=timeout
        ) as session:
            while not self._over.is_set():
                await self._ask(session, "GET", "/api/orders", {"limit": "5"}, None)
                await self._ask(session, "POST", "/api/orders", {}, ORDER)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(
        self, session: aiohttp.ClientSession, method: str, path: str, query: dict[str, str], body: Any
    ) -> None:
        headers = {"Idempotency-Key": uuid4().hex} if body else {}
        at = time.strftime("%H:%M:%S")
        try:
            async with session.request(method, path, params=query, json=body, headers=headers) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{at} {method} {path}: {error!r}")
            return
        self.answers[response.status] += 1
        if response.status not in (200, 201):
            self.failures.append(f"{at} {method} {path}: {response.status} {text}")
