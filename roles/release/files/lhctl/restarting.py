"""New processes of the release that serves, through the switch: nobody waits and nothing fails."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import Any

from lhctl import report
from lhctl.converge import Outcome, failure_of
from lhctl.desired import Desired
from lhctl.errors import RefusedError
from lhctl.events import Recorder
from lhctl.fingerprint import configuration_of
from lhctl.machine import ChangeFailedError, Machine
from lhctl.ports import Host
from lhctl.sequences import RESTART
from lhctl.state import Running, ServiceState


def restart(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Restart the services that are named, one after the other."""
    begun = host.clock.monotonic()
    names = Desired.read(host.layout.desired).only(options.services).services
    outcomes = [restart_service(host, wanted.name, recorder, "asked for") for wanted in names]
    return report.as_data(outcomes, host.clock.monotonic() - begun)


def restart_service(host: Host, name: str, recorder: Recorder, why: str) -> Outcome:
    """Raises RefusedError for a service that does not run; a failed start leaves the old processes serving."""
    wanted = Desired.read(host.layout.desired).only([name]).services[0]
    places = host.layout.service(name)
    state = ServiceState.read(places.state, name)
    machine = Machine(host, recorder)
    machine.resume(wanted, state)
    if state.running is None:
        raise RefusedError(f"{name} does not run, so there is nothing to restart; lhctl status shows it")
    version = state.running.version
    # What it leaves is the same release in older processes: nothing to go back to.
    wanted = replace(wanted, version=version, keep_warm_seconds=0)
    outcome = Outcome(name, version, RESTART.kind, why)
    begun = host.clock.monotonic()
    try:
        machine.carry_out(RESTART, wanted, state, Running(version, configuration_of(places)))
    except ChangeFailedError as error:
        outcome.failure = failure_of(error.step, error.cause, state)
    outcome.seconds = round(host.clock.monotonic() - begun, 3)
    return outcome
