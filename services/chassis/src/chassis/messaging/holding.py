"""What a consumer keeps in its hands: failed messages until their next try, and those that must not overtake them."""

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

M = TypeVar("M")

# A line that nobody resolves opens by itself: the failed event was then settled by another consumer of the queue.
LINE_SECONDS = 60.0


@dataclass
class _Line(Generic[M]):
    blocker: UUID
    since: float
    followers: deque[M] = field(default_factory=deque)


class Holding(Generic[M]):
    """Pure bookkeeping; times are seconds of one monotonic clock. Nothing here survives the connection."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line[M]] = {}
        self._retries: list[tuple[float, int, M]] = []
        self._order = itertools.count()

    def must_wait(self, subject: str, event_id: UUID, message: M) -> bool:
        """Line ``message`` up when an earlier event of ``subject`` still waits for its next try."""
        line = self._lines.get(subject)
        if line is None or line.blocker == event_id:
            return False
        line.followers.append(message)
        return True

    def retry_later(self, subject: str, event_id: UUID, message: M, *, now: float, seconds: float) -> None:
        """Keep a failed ``message`` for ``seconds``; others of its ``subject`` will wait behind it."""
        self._lines.setdefault(subject, _Line(blocker=event_id, since=now)).since = now
        heapq.heappush(self._retries, (now + seconds, next(self._order), message))

    def due(self, now: float) -> Iterator[M]:
        """Take out the messages whose pause is over."""
        while self._retries and self._retries[0][0] <= now:
            yield heapq.heappop(self._retries)[2]

    def settled(self, subject: str, event_id: UUID) -> list[M]:
        """The event is applied or dead: take out those that waited behind it, in their order."""
        line = self._lines.get(subject)
        if line is None or line.blocker != event_id:
            return []
        return list(self._lines.pop(subject).followers)

    def expired(self, now: float) -> list[M]:
        """Take out the followers of lines older than `LINE_SECONDS`."""
        old = [subject for subject, line in self._lines.items() if now - line.since > LINE_SECONDS]
        return [message for subject in old for message in self._lines.pop(subject).followers]

    def seconds_until_due(self, now: float, *, at_most: float) -> float:
        """How long the caller may sleep."""
        if not self._retries:
            return at_most
        return min(at_most, max(0.0, self._retries[0][0] - now))
