"""One release run at a time. The kernel holds the lock, so it ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lhctl.errors import RefusedError


@contextmanager
def held(path: Path, wait_seconds: float, holder: str) -> Iterator[None]:
    """Hold the lock during the block; `holder` is what others read while they wait.

    :raises RefusedError: it is still held after `wait_seconds`, with who holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, wait_seconds)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {holder}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another run"
                raise RefusedError(f"a release is under way ({owner}); wait for it, or pass --wait SECONDS") from None
            time.sleep(0.1)
        else:
            return
