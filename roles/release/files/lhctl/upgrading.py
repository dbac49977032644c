"""Upgrades of the host's packages that no client notices.

First the packages, while nothing restarts; then each process that still runs what was replaced gets the new files in
the way that costs clients nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from lhctl import report
from lhctl.converge import Outcome
from lhctl.daemons import restart_at_once, restart_behind_hold, restart_others, succeed_nginx
from lhctl.errors import RefusedError, StepFailedError
from lhctl.events import Recorder
from lhctl.layout import COLOURS, Layout
from lhctl.ports import Host
from lhctl.quiet_packages import daemons_left_alone
from lhctl.restarting import restart_service
from lhctl.systemd import run

# What Debian calls security, with the settings of role base.
SECURITY = ("unattended-upgrade", "--verbose")
LOG_LINES = 15

Way = Callable[[Host, str], None]
# In this order: what others stand on comes first. RabbitMQ needs no hold, events wait in the outbox.
WAYS: tuple[tuple[re.Pattern[str], Way, str], ...] = (
    (re.compile(r"(postgresql|redis-server)@.+"), restart_behind_hold, "restarted while requests waited"),
    (re.compile(r"rabbitmq-server\.service"), restart_at_once, "restarted"),
    (re.compile(r"nginx\.service"), succeed_nginx, "its successor serves"),
    (re.compile(r"longhouse-.+"), restart_at_once, "restarted"),
)
_STALE = re.compile(r"^NEEDRESTART-SVC: (\S+)$", re.MULTILINE)


def upgrade(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Run `options.command` (empty: security upgrades), then replace every process that runs old files."""
    command = options.command or SECURITY
    begun = host.clock.monotonic()
    packages = Outcome("packages", "", "upgrade", " ".join(command))
    outcomes = [_attempt(packages, lambda: _install(command), recorder)]
    services, daemons = sort(host.layout, stale_units())
    for unit, way, why in daemons:
        outcomes.append(_attempt(Outcome(unit, "", "restart", why), partial(way, host, unit), recorder))
    outcomes += [restart_service(host, name, recorder, "it ran replaced files") for name in services]
    others = Outcome("other daemons", "", "restart", "those needrestart found")
    outcomes.append(_attempt(others, restart_others, recorder))
    return report.as_data(outcomes, host.clock.monotonic() - begun)


def stale_units() -> list[str]:
    """Units with processes that run files which are no longer there."""
    return parse(run("needrestart", "-b", "-r", "l", "-l").stdout)


def parse(text: str) -> list[str]:
    """The units in needrestart's batch output."""
    return _STALE.findall(text)


def sort(layout: Layout, stale: Sequence[str]) -> tuple[list[str], list[tuple[str, Way, str]]]:
    """Services to restart by name, and daemons with their ways, in order; needrestart sees to the rest."""
    owners = {
        unit: name
        for name in layout.known_services()
        for colour in COLOURS
        for unit in (layout.service(name).web(colour), layout.service(name).fleet(colour))
    }
    daemons = [
        (unit, way, why)
        for pattern, way, why in WAYS
        for unit in sorted(stale)
        if unit not in owners and pattern.fullmatch(unit)
    ]
    return sorted({owners[unit] for unit in stale if unit in owners}), daemons


def _install(command: Sequence[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
    with daemons_left_alone():
        try:
            done = subprocess.run(
                command, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        except OSError as error:
            raise RefusedError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        log = done.stdout.splitlines()[-LOG_LINES:]
        raise StepFailedError(f"{command[0]} ended with {done.returncode}", log=log)


def _attempt(outcome: Outcome, act: Callable[[], None], recorder: Recorder) -> Outcome:
    """A daemon that does not come back must not keep the others on old files."""
    result, begun = "done", time.monotonic()
    try:
        act()
    except StepFailedError as error:
        result = "failed"
        # Nothing is said of what serves: it is no release.
        outcome.failure = {
            "step": outcome.action, "reason": error.reason, "unit": error.unit, "log": error.log, "answer": "",
            "serving": None,
        }  # fmt: skip
    outcome.seconds = round(time.monotonic() - begun, 3)
    detail = outcome.failure.get("reason", outcome.why)
    recorder.record(outcome.service, outcome.action, result, outcome.seconds, detail=detail)
    return outcome
