"""What lhctl needs of the world around it; tests put fakes here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lhctl.desired import Installer, Wanted
from lhctl.layout import Layout


@dataclass(frozen=True)
class UnitState:
    """What systemd says of a unit; `active` is its ActiveState, `restarts` counts automatic ones."""

    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    main_pid: int = 0
    restarts: int = 0
    enabled: bool = False

    @property
    def running(self) -> bool:
        return self.active == "active"


class Units(Protocol):
    """systemd. Names are full unit names; every call is safe to repeat."""

    def reload(self) -> None: ...

    def start(self, *units: str) -> None:
        """Return when all run and are ready; raises StepFailedError with the log of the one that is not."""

    def stop(self, *units: str) -> None:
        """Return when all have ended."""

    def enable(self, *units: str) -> None: ...

    def disable(self, *units: str) -> None: ...

    def states(self, *units: str) -> Mapping[str, UnitState]: ...

    def stale(self, *units: str) -> bool:
        """Whether a unit's file changed since systemd read it."""

    def log(self, unit: str, lines: int = 15) -> list[str]: ...

    def make_runtime_folders(self) -> None:
        """Create the folders below /run that tmpfiles.d describes."""

    def later(self, name: str, seconds: int, command: Sequence[str]) -> None:
        """Run `command` once after `seconds`, replacing an earlier promise of that name."""


@dataclass(frozen=True)
class Answer:
    """One health answer: status 0 means no answer, `text` then says why."""

    status: int
    body: Mapping[str, Any]
    text: str

    def objection(self, version: str, colour: str) -> str:
        """Why this is not the answer of `version` on `colour`, or nothing."""
        if self.status != 200:
            return f"status {self.status}" if self.status else self.text
        said = (self.body.get("version"), self.body.get("colour"))
        if said != (version, colour):
            return f"answered by version {said[0]} on {said[1]}, expected {version} on {colour}"
        return ""

    def __str__(self) -> str:
        return f"{self.status} {self.text}" if self.status else self.text


class Probe(Protocol):
    """HTTP over a unix socket."""

    def get(self, socket: Path, path: str) -> Answer: ...


@dataclass(frozen=True)
class Request:
    """One request that the edge handed to a service: when it ended (seconds since the epoch), how, how long it took,
    through which link, and who says to have answered (empty when nobody said)."""

    ended: float
    status: int
    seconds: float
    link: int
    colour: str = ""
    version: str = ""


class RequestTail(Protocol):
    caught_up: bool
    """Whether what had happened when the tail was opened has all been told."""

    def read(self) -> list[Request]:
        """Requests that have ended since the last call; the first call tells of some before."""


class AccessLog(Protocol):
    """What the edge saw of a service. Silent on a host whose edge is another one."""

    def follow(self, service: str) -> AbstractContextManager[RequestTail]: ...


class Connections(Protocol):
    """How many connections a socket path and a loopback port have, accepted or waiting."""

    def count(self, socket: Path, port: int) -> int: ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Software(Protocol):
    """Releases on disk."""

    def provide_installer(self, installer: Installer) -> bool:
        """Put the installer in place; returns whether it was not there."""

    def install(self, wanted: Wanted) -> bool:
        """Make the release complete on disk; returns whether it was not. Raises StepFailedError."""

    def prune(self, service: str, keep: Sequence[str]) -> list[str]:
        """Remove releases other than `keep`; returns the versions that went."""


@dataclass(frozen=True)
class Host:
    """All ports together."""

    layout: Layout
    units: Units
    probe: Probe
    connections: Connections
    clock: Clock
    software: Software
    access: AccessLog
