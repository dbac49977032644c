"""A fault as data: shell that brings it about on the host, shell that takes it away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``seconds``: shortest and longest time between the two. ``heal`` is safe to run twice, and without `inject`.

    ``weight`` says how often schedules choose it. ``cuts_off``: clients may find nobody at all meanwhile.
    ``recovery``: seconds after its end within which everything is well again.
    """

    name: str
    inject: str
    heal: str = ""
    seconds: tuple[float, float] = (1.0, 2.0)
    weight: int = 2
    cuts_off: bool = False
    recovery: float = 30.0
