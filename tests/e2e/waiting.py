"""Waiting for what happens in the background: polled, with a deadline, never a bare sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PAUSE_SECONDS = 0.2
T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, within: float, what: str) -> T:
    """The first true thing that `look` returns; fails with `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"no {what} within {within:g} s"
        time.sleep(PAUSE_SECONDS)
    return seen
