"""A client on a WebSocket: says something, waits for the answer, and so on; may be told to come again, nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

# RFC 6455, registry of close codes: Service Restart.
SERVICE_RESTART = 1012
ANSWER_SECONDS = 20.0


@dataclass
class Listener:
    """``hear`` takes the text of each answer. Afterwards: `reconnects`, how often it was told to come again, and
    `failures`."""

    path: str
    hear: Callable[[str], None]
    pause_seconds: float
    reconnects: int = 0
    failures: list[str] = field(default_factory=list)

    async def listen(self, session: aiohttp.ClientSession, is_over: Callable[[], bool]) -> None:
        while not is_over():
            try:
                async with session.ws_connect(self.path) as live:
                    await self._talk(live, is_over)
            except (aiohttp.ClientError, TimeoutError) as error:
                self._failed(repr(error))
                await asyncio.sleep(self.pause_seconds)

    async def _talk(self, live: aiohttp.ClientWebSocketResponse, is_over: Callable[[], bool]) -> None:
        while not is_over():
            if not live.closed:
                await live.send_str("who?")
            message = await live.receive(timeout=ANSWER_SECONDS)
            if message.type is aiohttp.WSMsgType.TEXT:
                self.hear(message.data)
                await asyncio.sleep(self.pause_seconds)
            elif live.close_code == SERVICE_RESTART:
                self.reconnects += 1
                return
            else:
                self._failed(f"ended with {live.close_code}")
                return

    def _failed(self, why: str) -> None:
        self.failures.append(f"{time.time():.2f} WebSocket {self.path} {why}")
