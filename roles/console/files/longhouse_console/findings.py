"""Ask several sources, keep what they say, and say which did not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from longhouse_console.problems import SourceError

T = TypeVar("T")


class Findings:
    """One view's questions. A source that failed once is not asked again: one wait is enough for one look."""

    def __init__(self) -> None:
        self.problems: list[dict[str, str]] = []
        self._silent: set[str] = set()

    def ask(self, source: str, question: Callable[[], T], otherwise: T) -> T:
        """The answer, or `otherwise` with a problem noted."""
        if source in self._silent:
            return otherwise
        try:
            return question()
        except SourceError as error:
            self._silent.add(source)
            self.problems.append({"source": source, "detail": str(error)})
            return otherwise
