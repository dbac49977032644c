"""What lhctl remembers of a service: one JSON file, always whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lhctl.layout import LINK_COUNT

HISTORY_LENGTH = 50


@dataclass
class Running:
    """What a colour was started with: a release and the fingerprint of its configuration."""

    version: str
    configuration: str


@dataclass
class Unfinished:
    """A change under way, written before each step, so that the next run knows what a killed one left behind."""

    kind: str
    colour: str
    previous: str
    version: str
    configuration: str
    done: list[str] = field(default_factory=list)
    current: str = ""


@dataclass
class Schema:
    """What is known of a service's database: `applied` are the revisions that have run, oldest first (empty: nobody
    told); `contracted` those that took something away, or may have: a run that was cut off leaves that open."""

    applied: list[str] = field(default_factory=list)
    contracted: list[str] = field(default_factory=list)


@dataclass
class ServiceState:
    """`weights` is links per colour; `history` is newest last; `quarantined` maps version to reason."""

    service: str
    active: str = ""
    colours: dict[str, Running] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    warm_until: float = 0.0
    unfinished: Unfinished | None = None
    quarantined: dict[str, str] = field(default_factory=dict)
    schema: Schema = field(default_factory=Schema)
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, service: str) -> ServiceState:
        """The state on disk; a service without one was never released."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(service)
        unfinished = stored.pop("unfinished", None)
        colours = {colour: Running(**running) for colour, running in stored.pop("colours", {}).items()}
        schema = Schema(**stored.pop("schema", {}))
        left = Unfinished(**unfinished) if unfinished else None
        return cls(**stored, colours=colours, unfinished=left, schema=schema)

    def write(self, path: Path) -> None:
        """Replace the file at once and on disk: power may fail after any step."""
        replace(path, json.dumps(asdict(self), indent=1, sort_keys=True))

    @property
    def running(self) -> Running | None:
        """What serves now."""
        return self.colours.get(self.active)

    def route_to(self, colour: str) -> None:
        """All links to `colour`; an empty one means none at all."""
        self.active = colour
        self.weights = {colour: LINK_COUNT} if colour else {}

    def share(self, colour: str, links: int, with_colour: str) -> None:
        """`links` links to `colour`, the others to `with_colour`, which stays the active one."""
        self.weights = {colour: links, with_colour: LINK_COUNT - links}

    def remember(self, entry: dict[str, Any]) -> None:
        """Add to the history; saying the same thing again (a step repeated after a kill) does not add a line."""
        if self.history and {**self.history[-1], "time": entry["time"]} == entry:
            return
        self.history = [*self.history, entry][-HISTORY_LENGTH:]


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` to `path` so that every reader sees the old or the new content, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    with scratch.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
