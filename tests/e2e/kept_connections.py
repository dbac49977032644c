"""Clients that keep their connection and repeat nothing: whatever goes wrong on it is a failure."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field

from tests.e2e.crowd import Crowd

KEEPING = 5
PAUSE_SECONDS = 0.05
# Until each has asked once more.
SLOWEST_SECONDS = PAUSE_SECONDS * 4 ** (KEEPING - 1) + 3


@dataclass
class Clients(Crowd):
    """A `with` block under load; afterwards `answers` is how many came, `connections` how many were opened for them."""

    address: str
    answers: int = 0
    connections: int = 0
    failures: list[str] = field(default_factory=list)

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as people:
            for number in range(KEEPING):
                # Some ask all the time, some think for a while: the last for 13 s, less than an idle connection lives.
                people.create_task(self._person(PAUSE_SECONDS * 4**number))

    async def _person(self, pause: float) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        request = f"GET /docs/services.json HTTP/1.1\r\nHost: {self.address}\r\n\r\n".encode()
        while not self._over.is_set():
            reader, writer = await asyncio.open_connection(self.address, 443, ssl=context)
            self.connections += 1
            goes_on = True
            while goes_on and not self._over.is_set():
                goes_on = await self._ask(reader, writer, request)
                await self._think(pause)
            writer.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        """Whether the connection may be used again."""
        try:
            writer.write(request)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
        except (OSError, EOFError) as error:
            self.failures.append(repr(error))
            return False
        if not head.startswith("http/1.1 200 "):
            self.failures.append(head.partition("\r\n")[0])
        self.answers += 1
        return "connection: close" not in head

    async def _think(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / PAUSE_SECONDS))):
            if self._over.is_set():
                return
            await asyncio.sleep(PAUSE_SECONDS)
