"""Waiting for what happens in the background: polled, with a deadline."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02


def wait_until(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Return once ``condition`` holds; fail the test when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds:g} s")
        time.sleep(PAUSE_SECONDS)
