"""The load: customers who place orders and live with them, repeat what was not answered, and write everything down."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self
from uuid import uuid4

import aiohttp

from tests.e2e.sandbox import Sandbox
from tests.faults.history import Answer, History, Known, Life, Request

PASSWORD = "correct horse battery staple"
TRY_SECONDS = 40.0
# After the fault is over, a client repeats this long before it gives up.
PATIENCE_SECONDS = 60.0
PLANS: tuple[tuple[str, ...], ...] = (
    (),
    ("paid",),
    ("paid", "fulfilling", "shipped"),
    ("cancelled",),
    ("paid", "cancelled"),
)
DEFINITE_NO = frozenset({400, 403, 404, 422})
OPENING_SECONDS = 30.0


@dataclass
class Shop:
    """One connection pool to the edge, the admin's token, and the customers' lives until `finish` is called."""

    sandbox: Sandbox
    history: History
    rng: random.Random
    tag: str
    _session: aiohttp.ClientSession = field(init=False)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _give_up_at: float = float("inf")
    _people: list[asyncio.Task[None]] = field(default_factory=list)
    _passwords: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=self.sandbox.ca_file), limit=0)
        timeout = aiohttp.ClientTimeout(total=TRY_SECONDS)
        self._session = aiohttp.ClientSession(self.sandbox.base_url, connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        for person in self._people:
            person.cancel()
        await asyncio.gather(*self._people, return_exceptions=True)
        await self._session.close()

    async def open(self, customers: int) -> None:
        """Log the admin in and register ``customers``; raises when the host does not serve."""
        self._give_up_at = time.monotonic() + OPENING_SECONDS
        self._passwords[self.sandbox.admin_email] = self.sandbox.admin_password
        await self._log_in(self.sandbox.admin_email)
        emails = [f"{self.tag}-{number}@example.com" for number in range(customers)]
        for email in emails:
            body = {"email": email, "password": PASSWORD, "name": "Ada Lovelace"}
            await self._persist(Request("registered"), partial(self._try, "POST", "/api/auth/register", json=body))
            self._passwords[email] = PASSWORD
            await self._log_in(email)
        self.history.customers += emails
        self._give_up_at = float("inf")

    def begin(self) -> None:
        """Let each customer live: one order after the other, until `finish`."""
        emails = self.history.customers
        self._people = [asyncio.create_task(self._live(email, random.Random(self.rng.random()))) for email in emails]

    async def order(self, customer: str) -> None:
        """One order, asked for once: many that repeat would be a load of their own. Again only with a new token."""
        life = Life(customer, uuid4().hex, ())
        self.history.lives.append(life)
        life.placing.answers.append(await self._ask(life))
        if life.placing.answers[0].status == 401:
            life.placing.answers.append(await self._ask(life))

    async def finish(self) -> None:
        """No new orders; those begun are lived to their end, repeating until `PATIENCE_SECONDS` from now."""
        self._over.set()
        self._give_up_at = time.monotonic() + PATIENCE_SECONDS
        await asyncio.gather(*self._people)

    async def _log_in(self, who: str) -> None:
        body = {"email": who, "password": self._passwords[who]}
        while True:
            async with self._session.post("/api/auth/login", json=body) as response:
                if response.status == 503 and time.monotonic() < self._give_up_at:
                    await asyncio.sleep(0.5)
                    continue
                response.raise_for_status()
                self._tokens[who] = (await response.json())["access_token"]
                return

    async def _live(self, customer: str, rng: random.Random) -> None:
        while not self._over.is_set():
            life = Life(customer, uuid4().hex, rng.choice(PLANS))
            self.history.lives.append(life)
            await self._place(life)
            for status in life.plan:
                if not life.order_id or life.requests[-1].known is not Known.DONE:
                    break
                await self._move(life, status)
            await asyncio.sleep(rng.uniform(0.1, 0.6))

    async def _place(self, life: Life) -> None:
        await self._persist(life.placing, lambda: self._ask(life))

    async def _ask(self, life: Life) -> Answer:
        # The key is also the first line's sku: so the row says which request it came from.
        body = {"items": [{"sku": life.key, "name": "Oak beam", "quantity": 1, "unit_price": 1000}], "currency": "EUR"}
        return await self._try("POST", "/api/orders", who=life.customer, json=body, key=life.key)

    async def _move(self, life: Life, status: str) -> None:
        request = Request(status)
        life.moves.append(request)
        path = f"/api/orders/{life.order_id}"
        if status == "cancelled":
            await self._persist(request, lambda: self._try("DELETE", path, who=life.customer))
        else:
            await self._persist(
                request,
                lambda: self._try("PUT", f"{path}/status", who=self.sandbox.admin_email, json={"status": status}),
            )

    async def _persist(self, request: Request, send: Callable[[], Awaitable[Answer]]) -> None:
        while True:
            answer = await send()
            request.answers.append(answer)
            if 200 <= answer.status < 300 or answer.status in DEFINITE_NO or time.monotonic() > self._give_up_at:
                return
            await asyncio.sleep(0.5)

    async def _try(self, method: str, path: str, *, who: str = "", key: str = "", json: Any = None) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        if who:
            headers["Authorization"] = f"Bearer {self._tokens[who]}"
        started, at = time.monotonic(), time.time()
        try:
            async with self._session.request(method, path, json=json, headers=headers) as response:
                text = await response.text()
                told = await response.json() if response.status < 300 else {}
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(0, time.monotonic() - started, at, detail=f"{method} {path}: {error!r}")
        if response.status == 401 and who:
            # The token's time is over: by ten minutes of load, or by a clock that was set.
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._log_in(who)
        return Answer(
            status=response.status,
            seconds=time.monotonic() - started,
            at=at,
            retry_after="Retry-After" in response.headers,
            order_id=str(told.get("id", "")) if path == "/api/orders" else "",
            detail="" if response.status < 300 else f"{method} {path}: {text[:300]}",
        )
