"""`python3 -m longhouse_console`: put the parts together and serve."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from longhouse_console.access import Access, Issuer
from longhouse_console.alertmanager import Alertmanager
from longhouse_console.handler import Application
from longhouse_console.page import Page
from longhouse_console.platform_state import PlatformState
from longhouse_console.prometheus import Prometheus
from longhouse_console.routes import Routes
from longhouse_console.server import Server
from longhouse_console.views import Views

_FIRST_SOCKET = 3


def main() -> None:
    """Settings are arguments of the unit; sockets come from systemd."""
    options = _parser().parse_args()
    definitions = Path(__file__).with_name("definitions.json")
    views = Views(
        Prometheus(options.prometheus, definitions),
        Alertmanager(options.alertmanager),
        PlatformState(options.status, options.events),
    )
    issuer = Issuer(name=options.issuer, audience=options.audience, keys=options.keys, users=options.users)
    application = Application(Routes(views, _tell), Access(issuer), Page(options.page))
    Server(application, _sockets(), options.idle_seconds).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="longhouse-console", description="Tells admins what this host knows.")
    parser.add_argument("--issuer", required=True, help="who signs access tokens")
    parser.add_argument("--audience", default="longhouse")
    parser.add_argument("--keys", type=Path, default=Path("/etc/longhouse/jwks.json"))
    parser.add_argument("--users", default="http://127.0.0.1:8080", help="where user-service is reached")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--alertmanager", default="http://127.0.0.1:9093")
    parser.add_argument("--status", type=Path, default=Path("/run/longhouse-console/status.sock"))
    parser.add_argument("--events", type=Path, default=Path("/var/lib/longhouse/releases.jsonl"))
    parser.add_argument("--page", type=Path, default=Path("/usr/share/longhouse/console"))
    parser.add_argument("--idle-seconds", type=float, default=120.0)
    return parser


def _sockets() -> dict[str, socket.socket]:
    """sd_listen_fds(3): as many sockets as LISTEN_FDS says, from descriptor 3 on."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        sys.exit("longhouse-console: start longhouse-console.socket; systemd then starts this")
    names = os.environ["LISTEN_FDNAMES"].split(":")
    return {name: socket.socket(fileno=_FIRST_SOCKET + number) for number, name in enumerate(names)}


def _tell(line: str) -> None:
    """To the journal, as a notice."""
    sys.stderr.write(f"<5>{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
