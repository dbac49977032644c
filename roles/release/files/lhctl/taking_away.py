"""Whether what the serving release wants to take away from the schema may go now."""

from __future__ import annotations

from datetime import UTC, datetime

from lhctl.desired import Wanted
from lhctl.errors import RefusedError
from lhctl.layout import other
from lhctl.migrations import Migrations
from lhctl.plan import Plan
from lhctl.ports import Host
from lhctl.sequences import CONTRACT
from lhctl.state import ServiceState


def plan_contract(host: Host, wanted: Wanted, state: ServiceState) -> Plan:
    """A plan with or without a sequence. Raises RefusedError while somebody may still need what would go."""
    running = state.running
    if running is None:
        raise RefusedError(f"{state.service} does not run; what its releases need is known once one serves")
    if state.unfinished:
        raise RefusedError(
            f"{state.service}: a {state.unfinished.kind} is not finished (at {state.unfinished.current}); "
            "lhctl promote or abort decides a canary, lhctl converge takes up anything else"
        )
    places = host.layout.service(state.service)
    serving = Migrations.of(places, running.version)
    if not serving.told:
        raise RefusedError(
            f"{state.service} {running.version} does not tell its revisions (applications without the chassis do not); "
            "its own tool has to take away what is no longer needed"
        )
    pending = serving.to_take_away(state.schema)
    if not pending:
        return Plan(wanted, running, why="nothing waits to be taken away")
    _refuse_while_warm(host, state, pending)
    lost = [version for version in _kept(host, state) if set(pending) - set(Migrations.of(places, version).revisions)]
    why = ", ".join(pending) + (f"; no way back to {', '.join(lost)} any more" if lost else "")
    return Plan(wanted, running, CONTRACT, why=why)


def _refuse_while_warm(host: Host, state: ServiceState, pending: list[str]) -> None:
    places, colour = host.layout.service(state.service), other(state.active)
    there, web = state.colours.get(colour), places.web(colour)
    if there is None or not host.units.states(web)[web].running:
        return
    needed = [revision for revision in pending if revision not in Migrations.of(places, there.version).revisions]
    if needed:
        until = datetime.fromtimestamp(state.warm_until, UTC).strftime("%H:%M UTC")
        raise RefusedError(
            f"{state.service}: {there.version} is kept warm on {colour} until {until} and needs what "
            f"{', '.join(needed)} takes away; wait, or end its window: lhctl cool {state.service} --now"
        )


def _kept(host: Host, state: ServiceState) -> list[str]:
    return sorted(path.name for path in host.layout.service(state.service).releases.glob("[!.]*"))
