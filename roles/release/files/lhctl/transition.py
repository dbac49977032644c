"""One change of one service under way: what every step gets to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lhctl.desired import Wanted
from lhctl.layout import ServiceLayout
from lhctl.ports import Host
from lhctl.state import Running, ServiceState, Unfinished


@dataclass
class Transition:
    """`new` is the colour that is to serve, `old` the one that serves now (empty when none does)."""

    host: Host
    wanted: Wanted
    state: ServiceState
    new: str
    old: str
    # Tells whoever waits what a long step is doing.
    note: Callable[[str], None]

    @property
    def places(self) -> ServiceLayout:
        return self.host.layout.service(self.wanted.name)

    @property
    def unfinished(self) -> Unfinished:
        """The record of this change."""
        if self.state.unfinished is None:
            raise RuntimeError("a step runs outside a recorded change")
        return self.state.unfinished

    def units_of(self, colour: str) -> list[str]:
        """The long-running units of a colour."""
        return [self.places.web(colour), *([self.places.fleet(colour)] if self.wanted.fleet else [])]

    def save(self) -> None:
        self.state.write(self.places.state)

    @property
    def target(self) -> Running:
        return Running(self.unfinished.version, self.unfinished.configuration)
