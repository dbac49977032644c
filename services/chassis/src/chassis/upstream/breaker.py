"""Stop asking a service that does not answer, and find out by one call when it does again.

A pure state machine: it knows neither HTTP nor asyncio, and takes its time from outside.
"""

from collections.abc import Callable
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerOpen(Exception):  # noqa: N818 - a state of the world, not a mistake
    """No call is allowed now; ``retry_after`` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"breaker is open for {retry_after:.1f} s")
        self.retry_after = retry_after


class Breaker:
    """Closed until ``threshold`` failures in a row, then open for ``open_seconds``, then one probe decides.

    Ask `permit` before each call and tell `succeeded`, `failed` or `abandoned` (nothing was learnt) after it.
    A probe that never reports loses its turn after ``probe_seconds``. ``monotonic`` gives seconds.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        threshold: int = 5,
        open_seconds: float = 2.0,
        probe_seconds: float = 2.0,
    ) -> None:
        self._monotonic = monotonic
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._probe_seconds = probe_seconds
        self._failures = 0
        self._opened_at: float | None = None
        self._probe_since: float | None = None

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._remaining() > 0 else BreakerState.HALF_OPEN

    def permit(self) -> None:
        """Allow one call, or raise `BreakerOpen`."""
        state = self.state
        if state is BreakerState.OPEN:
            raise BreakerOpen(self._remaining())
        if state is BreakerState.HALF_OPEN:
            now = self._monotonic()
            if self._probe_since is not None and now - self._probe_since < self._probe_seconds:
                raise BreakerOpen(self._probe_seconds - (now - self._probe_since))
            self._probe_since = now

    def succeeded(self) -> None:
        """The service answered: calls are free again."""
        self._failures = 0
        self._opened_at = None
        self._probe_since = None

    def failed(self) -> None:
        """The service did not answer; opens at the threshold, and again at once when the probe failed."""
        self._failures += 1
        # Calls that were under way when it opened do not prolong the pause.
        if self.state is not BreakerState.OPEN and self._failures >= self._threshold:
            self._opened_at = self._monotonic()
            self._probe_since = None

    def abandoned(self) -> None:
        """The call was cancelled from our side: let somebody else probe."""
        self._probe_since = None

    def _remaining(self) -> float:
        if self._opened_at is None:
            return 0.0
        return self._opened_at + self._open_seconds - self._monotonic()
