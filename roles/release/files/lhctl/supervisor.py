"""A client for supervisord's control socket."""

from __future__ import annotations

import http.client
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lhctl.network import UnixConnection

_SECONDS = 10.0


@dataclass(frozen=True)
class Program:
    """One program; `state` is supervisord's word for it, `start` the second of its last start, 0 before the first."""

    name: str
    state: str
    start: int


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return UnixConnection(self.path, _SECONDS)


class Supervisor:
    """One fleet's supervisord. Every call raises OSError when it does not answer."""

    def __init__(self, control: Path) -> None:
        self._remote: Any = xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(control)).supervisor

    def programs(self) -> list[Program]:
        try:
            listed = self._remote.getAllProcessInfo()
        except (http.client.HTTPException, xmlrpc.client.Error) as error:
            raise OSError(str(error)) from error
        return [Program(info["name"], info["statename"], info["start"]) for info in listed]
