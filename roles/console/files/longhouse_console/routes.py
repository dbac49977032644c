"""Which path is answered by what. Everything is read, but for two ways to write: begin a silence, end one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from longhouse_console import journal
from longhouse_console.access import Caller
from longhouse_console.problems import Problem
from longhouse_console.views import Views

API = "/console/api/"


@dataclass(frozen=True)
class Request:
    """`query` holds the last value of each parameter; `body` is decoded JSON of a writing request."""

    method: str
    path: str
    query: Mapping[str, str]
    caller: Caller
    body: Any = None


Answer = Callable[[Request, str], Any]


class Routes:
    """Paths below /console/api/, as `first/second`; the second part goes to the answer."""

    def __init__(self, views: Views, tell: Callable[[str], None]) -> None:
        self._views = views
        self._tell = tell
        self._reads: dict[str, Answer] = {
            "session": lambda request, _: {"name": request.caller.name, "way": request.caller.way},
            "overview": lambda request, _: views.overview(),
            "pipeline": lambda request, _: views.pipeline(),
            "releases": lambda request, _: views.releases(request.query.get("span", "6h")),
            "alerts": lambda request, _: views.alerts(),
            "backups": lambda request, _: views.backups(),
            "host": lambda request, _: views.host(request.query.get("span", "1h")),
            "panel": lambda request, name: views.panel(name, request.query.get("span", "1h")),
            "sources": lambda request, _: views.sources(),
            "logs": lambda request, _: journal.search(request.query, views.platform.services),
            "trace": lambda request, identity: journal.trace(identity),
        }
        self._writes: dict[tuple[str, str], Answer] = {
            ("POST", "silences"): self._silence,
            ("DELETE", "silences"): self._end_silence,
        }

    def answer(self, request: Request) -> Any:
        """The document; Problem when there is none."""
        first, _, second = request.path.removeprefix(API).partition("/")
        if request.method == "GET" and first in self._reads:
            return self._reads[first](request, second)
        write = self._writes.get((request.method, first))
        if write is None:
            known = first in self._reads or any(first == name for _, name in self._writes)
            raise Problem(405 if known else 404, "The console has nothing here.")
        if not request.caller.confirmed:
            raise Problem(503, "Whether you are still an admin cannot be known right now; nothing was changed.")
        return write(request, second)

    def _silence(self, request: Request, _: str) -> Any:
        made = self._views.alertmanager.silence(request.body, request.caller.name)
        self._tell(f"silence {made['id']} until {made['ends']} by {request.caller.name}: {request.body['labels']}")
        return made

    def _end_silence(self, request: Request, identity: str) -> Any:
        self._views.alertmanager.end_silence(identity)
        self._tell(f"silence {identity} ended by {request.caller.name}")
        return {"id": identity}
