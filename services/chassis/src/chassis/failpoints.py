"""Named places in the code where a test lets a process die or freeze: `./longhouse test faults` arms them.

The setting FAILPOINTS switches them on, and only a sandbox may set it (`ServiceSettings` and the catalogue both refuse
it elsewhere). Off, reaching one costs a call and a comparison. On, a failpoint is armed by a file
``/run/longhouse/<service>/failpoints/<name>`` that holds an action, ``kill`` or ``stop``. The process that removes the
file carries the action out: once, in one process, and not again in the one that replaces it.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, get_args

Name = Literal[
    "web.inserted",  # the event is in the outbox, more may follow
    "web.committing",  # everything is written, nothing committed
    "web.committed",  # committed, and the client has no answer yet
    "relay.claimed",
    "relay.published",  # handed to the broker, not confirmed
    "relay.confirmed",  # confirmed, the rows are still there
    "relay.settled",  # the rows are deleted, nothing committed
    "consumer.inboxed",
    "consumer.handled",
    "consumer.committed",  # applied, not acknowledged
    "courier.claimed",
    "courier.sent",  # the server has the message, the database does not know
]

FOLDER = Path("/run/longhouse")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


Steps = Callable[[str], None]


class FailpointSettings(Protocol):
    """The part of a service's settings that failpoints need."""

    @property
    def service(self) -> str: ...
    @property
    def failpoints(self) -> bool: ...


class _Failpoints:
    """One per process; nothing is armed until `enable` was called with settings that allow it."""

    def __init__(self) -> None:
        self.folder: Path | None = None


_state = _Failpoints()


def enable(settings: FailpointSettings, *, folder: Path = FOLDER) -> None:
    """Look for armed failpoints of this service from now on, if the settings say so."""
    _state.folder = folder / settings.service / "failpoints" if settings.failpoints else None


def reach(name: Name) -> None:
    """Pass by, unless a test armed this place: then die or freeze here."""
    if _state.folder is None:
        return
    action = _disarm(_state.folder / name)
    if action is not None:
        os.kill(os.getpid(), _SIGNALS[action])


def steps(process: Literal["relay", "consumer"]) -> Steps:
    """The failpoints of a process whose steps are told by their bare names: ``confirmed`` -> ``relay.confirmed``."""
    names: dict[str, Name] = {name.partition(".")[2]: name for name in get_args(Name) if name.startswith(f"{process}.")}
    return lambda step: reach(names[step])


def _disarm(file: Path) -> str | None:
    try:
        action = file.read_text().strip()
        file.unlink()
    except FileNotFoundError:
        return None
    return action
