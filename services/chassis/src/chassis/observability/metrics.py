"""Counters of what a process saw. Kept in the process; an exporter reads them through ``snapshot``."""

from threading import Lock


class Counter:
    """A number that only grows, split by label values."""

    def __init__(self, name: str, documentation: str) -> None:
        self.name = name
        self.documentation = documentation
        self._values: dict[tuple[tuple[str, str], ...], float] = {}
        self._lock = Lock()
        _COUNTERS[name] = self

    def increment(self, amount: float = 1, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def value(self, **labels: str) -> float:
        return self._values.get(tuple(sorted(labels.items())), 0)

    def samples(self) -> dict[tuple[tuple[str, str], ...], float]:
        with self._lock:
            return dict(self._values)


_COUNTERS: dict[str, Counter] = {}


def snapshot() -> dict[str, Counter]:
    """Return every counter of this process by name."""
    return dict(_COUNTERS)
