"""When an idempotent call is tried again."""

from collections.abc import AsyncIterator
from typing import Any

import stamina

ATTEMPTS = 3


def attempts_within(deadline: float, *, on: type[Exception]) -> AsyncIterator[Any]:
    """Yield up to `ATTEMPTS` attempts with jittered pauses of 50..200 ms, none begun after ``deadline`` seconds."""
    context = stamina.retry_context(
        on=on, attempts=ATTEMPTS, timeout=deadline, wait_initial=0.05, wait_max=0.2, wait_jitter=0.05
    )
    return context.__aiter__()
