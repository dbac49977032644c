"""Tells systemd that the event loop turns; a loop that hangs stops telling and the unit is restarted."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


def _address(path: str) -> str:
    return "\0" + path[1:] if path.startswith("@") else path


async def _beat(path: str, seconds: float) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.setblocking(False)
        while True:
            # systemd being busy for one beat is no reason to stop serving.
            with suppress(OSError):
                notify.sendto(b"WATCHDOG=1", _address(path))
            await asyncio.sleep(seconds)


@asynccontextmanager
async def keep_watchdog() -> AsyncIterator[None]:
    """Beat at half of $WATCHDOG_USEC for as long as the block runs; nothing outside systemd."""
    path, period = os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC", "")
    if not path or not period.isdigit():
        yield
        return
    task = asyncio.create_task(_beat(path, int(period) / 2_000_000))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
