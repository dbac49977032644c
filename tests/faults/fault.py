"""A fault as data: shell that brings it about on the host, shell that takes it away."""

from __future__ import annotations

from dataclasses import dataclass

# What a heal prints when the fault never came about: nobody passed the failpoint meanwhile.
MISSED = "missed"


@dataclass(frozen=True)
class Fault:
    """``seconds``: shortest and longest time between the two. ``heal`` is safe to run twice, and without `inject`.

    ``weight`` says how often schedules choose it. ``recovery``: seconds after its end until all is well again, at most.
    ``honest``: statuses that clients may see because of it, beside those that they always may. ``poison``: how the
    reason begins of the message that has to be among the dead letters afterwards, because this fault sent it.
    """

    name: str
    inject: str
    heal: str = ""
    seconds: tuple[float, float] = (1.0, 2.0)
    weight: int = 2
    recovery: float = 30.0
    honest: frozenset[int] = frozenset()
    poison: str = ""
