"""From a seed to what happens: the same seed gives the same faults at the same moments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.fault import Fault
from tests.faults.registry import DRAWN, FAULTS, FIXED

# The second fault of a schedule comes while the first is still there, or just over.
OVERLAP_SECONDS = (0.0, 3.0)
TWO_FAULTS = 0.25


@dataclass(frozen=True)
class Event:
    """One fault of a schedule; seconds since the schedule's load began."""

    fault: Fault
    begins: float
    ends: float


@dataclass(frozen=True)
class Schedule:
    """``name`` says how to run exactly this one again."""

    name: str
    seed: str
    events: tuple[Event, ...]

    def __str__(self) -> str:
        return " + ".join(f"{event.fault.name} ({event.ends - event.begins:.1f} s)" for event in self.events)


def drawn(seed: int, number: int, faults: Sequence[Fault] = DRAWN) -> Schedule:
    """The ``number``-th schedule of ``seed``: one fault, or two that overlap."""
    rng = random.Random(f"{seed}/{number}")
    count = 2 if rng.random() < TWO_FAULTS else 1
    chosen = rng.choices(faults, weights=[fault.weight for fault in faults], k=count)
    begins, events = rng.uniform(0.5, 1.5), []
    for fault in chosen:
        events.append(Event(fault, begins, begins + rng.uniform(*fault.seconds)))
        begins += rng.uniform(*OVERLAP_SECONDS)
    return Schedule(f"{seed}/{number}", f"{seed}/{number}", tuple(events))


def named(name: str) -> Schedule:
    """A schedule of the one fault of this name, at its shortest."""
    fault = FAULTS[name]
    return Schedule(name, name, (Event(fault, 1.0, 1.0 + fault.seconds[0]),))


def fixed() -> list[Schedule]:
    """The short set that every run begins with."""
    return [named(name) for name in FIXED]
