"""`lhctl promote` and `lhctl abort`: decide about a canary, whether its run still works or was cut off."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from lhctl import lock, report, wishes
from lhctl.converge import Outcome, failure_of
from lhctl.desired import Desired, Wanted
from lhctl.errors import RefusedError
from lhctl.events import Recorder
from lhctl.machine import ChangeFailedError, Machine
from lhctl.ports import Host
from lhctl.state import ServiceState

PAUSE = 0.2


def steer(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Ask the run under way, or do its work when it is gone; returns when the canary is over."""
    name, wish = options.service, options.verb
    wanted = Desired.read(host.layout.desired).only([name]).services[0]
    first = _canary(host, name)
    if first is None:
        raise RefusedError(f"{name}: no canary is under way; lhctl status shows what is")
    begun = host.clock.monotonic()
    outcome = Outcome(name, first, wish, "asked")
    wishes.make(host.layout, name, wish)
    while _canary(host, name) == first:
        try:
            with lock.held(host.layout.lock, 0.0, f"lhctl {wish}"):
                _finish(host, wanted, wish, recorder, outcome)
        except RefusedError:
            host.clock.sleep(PAUSE)
    state = ServiceState.read(host.layout.service(name).state, name)
    outcome.why = f"{state.running.version if state.running else 'nothing'} serves"
    outcome.seconds = round(host.clock.monotonic() - begun, 3)
    return report.as_data([outcome], outcome.seconds)


def _canary(host: Host, name: str) -> str | None:
    left = ServiceState.read(host.layout.service(name).state, name).unfinished
    return left.version if left and left.kind == "canary" else None


def _finish(host: Host, wanted: Wanted, wish: str, recorder: Recorder, outcome: Outcome) -> None:
    """Nobody works on it any more."""
    wishes.forget(host.layout, wanted.name)
    state = ServiceState.read(host.layout.service(wanted.name).state, wanted.name)
    if state.unfinished is None:
        return
    machine = Machine(host, recorder)
    try:
        if wish == wishes.PROMOTE:
            machine.promote(wanted, state)
        else:
            state.quarantined[state.unfinished.version] = "an operator aborted its canary"
            machine.resume(wanted, state)
    except ChangeFailedError as error:
        outcome.failure = failure_of(error.step, error.cause, state)
