"""Mend what deviates around a web unit that serves."""

from __future__ import annotations

from lhctl import links
from lhctl.events import Recorder
from lhctl.plan import Plan
from lhctl.ports import Host
from lhctl.state import ServiceState


def repair(host: Host, plan: Plan, state: ServiceState, recorder: Recorder) -> None:
    """Carry out the repairs that `plan` names. Raises StepFailedError when the fleet does not start."""
    places = host.layout.service(state.service)
    fleet = [places.fleet(state.active)] if plan.wanted.fleet else []
    begun = host.clock.monotonic()
    if "links" in plan.repairs:
        links.point(places, state.weights)
    if "draining flag" in plan.repairs:
        places.draining(state.active).unlink(missing_ok=True)
    if "start at boot" in plan.repairs:
        host.units.enable(places.web(state.active), *fleet)
    if "fleet" in plan.repairs:
        host.units.start(*fleet)
    seconds = host.clock.monotonic() - begun
    recorder.record(state.service, "repair", "done", seconds, colour=state.active, detail=", ".join(plan.repairs))
