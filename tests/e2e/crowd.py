"""Clients that go on in a thread of their own while a test does something else."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

STOP_SECONDS = 60


class Crowd(ABC):
    """A `with` block under load. A crowd that broke off, or does not stop, fails the block: it proved nothing."""

    _over: threading.Event
    _running: Future[None]

    @abstractmethod
    async def _all(self) -> None:
        """Everybody's work, until `_over` is set."""

    def __enter__(self) -> Self:
        self._over = threading.Event()
        pool = ThreadPoolExecutor(max_workers=1)
        self._running = pool.submit(lambda: asyncio.run(self._all()))
        pool.shutdown(wait=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        # A failure of the block itself is the one to tell.
        if error is None:
            self._running.result(timeout=STOP_SECONDS)
