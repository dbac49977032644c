"""Bring all services to what is asked: take up what was cut off, plan, change several at once, report each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lhctl.desired import Desired, Wanted
from lhctl.errors import StepFailedError
from lhctl.events import Recorder
from lhctl.machine import ChangeFailedError, Machine
from lhctl.plan import Plan, plan_service
from lhctl.ports import Host
from lhctl.repair import repair
from lhctl.sequences import CANARY, PREPARE, RELEASE
from lhctl.state import ServiceState

INSTALLING = (RELEASE, CANARY, PREPARE)
# More would only wait for each other's imports on a small host.
AT_ONCE = 3


@dataclass
class Outcome:
    """What became of one service; an upgrade tells of packages and daemons in the same form, without a version."""

    service: str
    version: str
    action: str = "unchanged"
    why: str = ""
    seconds: float = 0.0
    failure: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.action not in {"unchanged", "held"}


class Convergence:
    """One run over the services of one host."""

    def __init__(self, host: Host, recorder: Recorder) -> None:
        self.host = host
        self.recorder = recorder
        self.machine = Machine(host, recorder)

    def plan(self, desired: Desired) -> list[Plan]:
        """What `run` would do, without doing it."""
        return [plan_service(self.host, wanted, self._state(wanted.name)) for wanted in self._everything(desired)]

    def run(self, desired: Desired) -> list[Outcome]:
        """Change what must change; a service that fails does not stop the others."""
        wanted = self._everything(desired)
        # A unit file may have been written by a play that died before systemd was told.
        reloaded = self._reload_if_stale(wanted)
        taken_up = {service.name: self._take_up(service) for service in wanted}
        stuck = [outcome for outcome in taken_up.values() if outcome is not None and outcome.failure]
        free = [service for service in wanted if taken_up[service.name] not in stuck]
        plans = [plan_service(self.host, service, self._state(service.name)) for service in free]
        if any(plan.sequence in INSTALLING for plan in plans):
            self.host.software.provide_installer(desired.installer)
        if any(plan.sequence for plan in plans):
            self.host.units.make_runtime_folders()
            if not reloaded:
                self.host.units.reload()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = list(pool.map(self._change, plans))
        if any(plan.sequence for plan in plans):
            # What starts at boot has changed; systemd reads that only now.
            self.host.units.reload()
        # What was only taken up is a change too; what was then changed further reports that.
        return [*stuck, *(taken_up[o.service] or o if o.action == "unchanged" else o for o in outcomes)]

    def _state(self, service: str) -> ServiceState:
        return ServiceState.read(self.host.layout.service(service).state, service)

    def _everything(self, desired: Desired) -> Sequence[Wanted]:
        """With a complete document, services it does not name are retired ones nobody told us about."""
        if not desired.complete:
            return desired.services
        named = {service.name for service in desired.services}
        lost = [Wanted(name, "retired") for name in self.host.layout.known_services() if name not in named]
        return [*desired.services, *lost]

    def _reload_if_stale(self, services: Sequence[Wanted]) -> bool:
        places = [self.host.layout.service(service.name) for service in services]
        active = [(place, self._state(place.name).active) for place in places]
        units = [unit for place, colour in active if colour for unit in (place.web(colour), place.fleet(colour))]
        if not units or not self.host.units.stale(*units):
            return False
        self.host.units.reload()
        return True

    def _take_up(self, wanted: Wanted) -> Outcome | None:
        state = self._state(wanted.name)
        if state.unfinished is None:
            return None
        outcome = Outcome(wanted.name, state.unfinished.version, "resumed", "the run before was cut off")
        try:
            self.machine.resume(wanted, state)
        except ChangeFailedError as error:
            outcome.failure = failure_of(error.step, error.cause, state)
        return outcome

    def _change(self, plan: Plan) -> Outcome:
        outcome = Outcome(plan.wanted.name, plan.target.version, why=plan.why)
        begun = self.host.clock.monotonic()
        state = self._state(plan.wanted.name)
        try:
            if plan.sequence is not None:
                outcome.action = plan.sequence.kind
                self.machine.carry_out(plan.sequence, plan.wanted, state, plan.target)
            elif plan.repairs:
                outcome.action, outcome.why = "repair", ", ".join(plan.repairs)
                repair(self.host, plan, state, self.recorder)
            elif plan.held:
                outcome.action, outcome.why = "held", plan.held
        except ChangeFailedError as error:
            outcome.failure = failure_of(error.step, error.cause, state)
        except StepFailedError as error:
            outcome.failure = failure_of("repair", error, state)
        outcome.seconds = round(self.host.clock.monotonic() - begun, 3)
        return outcome


def failure_of(step: str, cause: StepFailedError, state: ServiceState) -> dict[str, Any]:
    """The evidence as plain data; `serving` is the release that serves in spite of it."""
    serving = state.running.version if state.running else ""
    return {
        "step": step, "reason": cause.reason, "unit": cause.unit, "log": cause.log, "answer": cause.answer,
        "serving": serving,
    }  # fmt: skip
