"""systemd hears the event loop."""

import asyncio
import socket
from pathlib import Path

import pytest

from chassis.watchdog import keep_watchdog


async def test_beats_while_the_loop_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "40000")
        async with keep_watchdog():
            await asyncio.sleep(0.1)
        beats = 0
        while True:
            try:
                assert systemd.recv(100) == b"WATCHDOG=1"
            except BlockingIOError:
                break
            beats += 1
    assert beats >= 3


async def test_is_silent_outside_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    async with keep_watchdog():
        assert len(asyncio.all_tasks()) <= 2
