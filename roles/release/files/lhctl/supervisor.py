"""A client for supervisord's control socket."""

from __future__ import annotations

import http.client
import xmlrpc.client
from pathlib import Path
from typing import Any

from lhctl.network import UnixConnection

GUARD = "guard"
_SECONDS = 10.0


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return UnixConnection(self.path, _SECONDS)


class Supervisor:
    """One fleet's supervisord."""

    def __init__(self, control: Path) -> None:
        self._remote: Any = xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(control)).supervisor

    def programs(self) -> dict[str, str]:
        """Program -> state name (RUNNING, BACKOFF …), without the guard."""
        return {info["name"]: info["statename"] for info in self._remote.getAllProcessInfo() if info["name"] != GUARD}

    def all_run(self) -> bool:
        return all(state == "RUNNING" for state in self.programs().values())

    def shutdown(self) -> None:
        """End all programs the graceful way, then supervisord."""
        self._remote.shutdown()
