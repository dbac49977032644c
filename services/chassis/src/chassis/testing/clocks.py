"""Time that moves when the test says so."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A :class:`chassis.clock.Clock` that stands still."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
