"""Ways to give a daemon the files that replaced those it runs, each as gentle to clients as that daemon allows.

Each raises StepFailedError when the daemon did not come back.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lhctl.errors import StepFailedError
from lhctl.gate import Gate
from lhctl.ports import Host
from lhctl.systemd import run

HOLD_SECONDS = 40.0
HOLD_TRIES = 3
NGINX_PID = Path("/run/nginx.pid")
NGINX_SECONDS = 20.0
# Of role edge: ends the connections that clients keep, each with an answer, until the two waits below are over.
PARTING = ["/usr/bin/python3", "/usr/local/lib/longhouse/edge_parting.py", "--lasting", f"{2 * NGINX_SECONDS:.0f}"]


def restart_behind_hold(host: Host, unit: str) -> None:
    """New requests wait at the edge until `unit` is back."""
    gate = Gate(host.layout)
    for left in reversed(range(HOLD_TRIES)):
        try:
            status = gate.during(gate.chosen([]), HOLD_SECONDS, ["systemctl", "restart", unit])
        except StepFailedError:
            # A long request was in hand; another moment may be better.
            if not left:
                raise
        else:
            _came_back(host, unit, status)
            return


def restart_at_once(host: Host, unit: str) -> None:
    """Stop and start; what runs once ends by itself and is new the next time."""
    kind = run("systemctl", "show", "--value", "--property=Type", unit).stdout.strip()
    if kind != "oneshot":
        _came_back(host, unit, run("systemctl", "try-restart", unit).returncode)


def _came_back(host: Host, unit: str, status: int) -> None:
    if status:
        raise StepFailedError(f"{unit} did not start again", unit=unit, log=host.units.log(unit))


def succeed_nginx(host: Host, unit: str) -> None:
    """A second Nginx takes over the sockets, then the first finishes what it was given. Source: nginx.org,
    Controlling nginx, "Upgrading Executable on the Fly"."""
    test = run("nginx", "-t")
    if test.returncode:
        raise StepFailedError("nginx refuses its configuration", unit=unit, log=test.stderr.splitlines()[-5:])
    first = _master()
    # The first process ends idle connections without a word, also under a request on its way: so they end before.
    run(*PARTING)
    os.kill(first, signal.SIGUSR2)
    _await(lambda: _master() not in {0, first}, unit, "no successor came; the first process serves on")
    os.kill(first, signal.SIGQUIT)
    _await(lambda: host.units.states(unit)[unit].main_pid not in {0, first}, unit, "the first process did not end")


def _master() -> int:
    """Process id in Nginx's own file; 0 between the two, when the first has moved its file away."""
    try:
        return int(NGINX_PID.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _await(reached: Callable[[], bool], unit: str, otherwise: str) -> None:
    deadline = time.monotonic() + NGINX_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise StepFailedError(otherwise, unit=unit)
        time.sleep(0.05)


def restart_others() -> None:
    """All that is left, as needrestart does it: it knows what must not be restarted on a running host, and is told
    to leave alone what has a way of its own (role base)."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["needrestart", "-q", "-r", "a", "-l"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise StepFailedError(f"needrestart ended with {done.returncode}", log=done.stderr.splitlines()[-5:])
