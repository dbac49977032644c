"""Argon2id in a few threads, because one hash costs more than two hundred other requests."""

import asyncio
import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from users.accounts.errors import TooManyPasswords

R = TypeVar("R")
# The floor that OWASP gives for Argon2id: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


_M_MMAP_THRESHOLD = -3


def _return_freed_memory() -> None:
    """Make glibc give the 19 MiB of every hash back to the system.

    By default freeing one such block teaches it to keep blocks of that size: 40 MiB more in every worker, for ever.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


class PasswordHashes:
    """Hashes and verifies; at most ``threads`` at once, at most ``queue`` waiting, more are refused (503)."""

    def __init__(self, *, threads: int, queue: int) -> None:
        _return_freed_memory()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._most = threads + queue
        self._running = 0
        # Compared against when an account does not exist, so that its absence costs the same time.
        self._nobody = _HASHER.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._run(_HASHER.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether ``password`` fits; None (no such account) takes as long and never fits."""
        fits = await self._run(_verify, password_hash or self._nobody, password)
        return fits and password_hash is not None

    @staticmethod
    def is_outdated(password_hash: str) -> bool:
        """Tell whether the hash was made with other costs than today's."""
        return _HASHER.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., R], *arguments: str) -> R:
        if self._running >= self._most:
            raise TooManyPasswords(retry_after=2)
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        finally:
            self._running -= 1


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
