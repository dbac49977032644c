"""When a delivery is tried again, and when it is given up. Pure: no clock, no database."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RetryPolicy:
    """Waits grow by ``factor`` from ``first`` to ``cap``.

    With 1.5 the next wait is about half the time already waited, so a channel that was away for a minute is tried
    again within half a minute of its return. Refusals of the message itself are counted (`most_refusals`, about an
    hour with the defaults); a channel that is away is not the message's fault, and only `give_up_after` ends that.
    """

    first: timedelta = timedelta(seconds=1)
    factor: float = 1.5
    cap: timedelta = timedelta(minutes=10)
    unreachable_cap: timedelta = timedelta(seconds=15)
    most_refusals: int = 20
    give_up_after: timedelta = timedelta(days=2)

    def after_refusal(self, refusals: int, age: timedelta, *, jitter: float) -> timedelta | None:
        """The wait after the ``refusals``-th refusal of a delivery made ``age`` ago; None = give up.

        ``jitter`` in 0..1 spreads retries that began together: it shortens the wait by up to a fifth.
        """
        if refusals >= self.most_refusals or age >= self.give_up_after:
            return None
        return self._wait(refusals, self.cap, jitter)

    def after_unreachable(self, attempts: int, age: timedelta, *, jitter: float) -> timedelta | None:
        """The wait after the ``attempts``-th attempt found the channel away; None = give up."""
        if age >= self.give_up_after:
            return None
        return self._wait(attempts, self.unreachable_cap, jitter)

    def _wait(self, tries: int, cap: timedelta, jitter: float) -> timedelta:
        # Compared as logarithms would be: 1.5 ** 10000 overflows, and a long outage reaches such counts.
        grown = self.first * self.factor ** min(max(tries - 1, 0), 60)
        return min(grown, cap) * (1 - 0.2 * jitter)
