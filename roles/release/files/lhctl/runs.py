"""The commands that change something, each holding the lock for as long as it works."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from typing import Any

from lhctl import links, report
from lhctl.converge import Convergence, Outcome, failure_of
from lhctl.desired import Desired, Installer, Wanted
from lhctl.errors import RefusedError, StepFailedError
from lhctl.events import Recorder
from lhctl.going_back import plan_rollback
from lhctl.layout import other
from lhctl.machine import ChangeFailedError, Machine
from lhctl.plan import Plan
from lhctl.ports import Host
from lhctl.sequences import CONTRACT, RELEASE
from lhctl.state import ServiceState, replace
from lhctl.taking_away import plan_contract


def converge(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Bring services to what the document asks for."""
    desired = Desired.read(options.desired or host.layout.desired)
    if options.desired:
        _remember(host, desired)
    # A document of some services is somebody's wish to see these released now; a whole one is how things should be.
    insisting = options.desired is not None and not desired.complete
    desired = _paced(desired.only(options.only), options)
    begun = host.clock.monotonic()
    outcomes = Convergence(host, recorder).run(desired)
    for outcome in outcomes if insisting else []:
        _refuse_held(host, outcome)
    return report.as_data(outcomes, host.clock.monotonic() - begun)


def _refuse_held(host: Host, outcome: Outcome) -> None:
    if outcome.action == "held":
        state = ServiceState.read(host.layout.service(outcome.service).state, outcome.service)
        reason = f"{outcome.why}; mend it, or take it anyway: lhctl deploy {outcome.service} --force"
        outcome.failure = failure_of("plan", StepFailedError(reason), state)


def _paced(desired: Desired, options: Namespace) -> Desired:
    """How carefully this run goes about it; the document itself stays as it was."""
    pace: dict[str, Any] = {"canary": options.canary}
    if options.soak is not None:
        pace["soak_seconds"] = options.soak
    if options.watch is not None:
        pace["watch_seconds"] = options.watch
    services = tuple(dataclasses.replace(service, **pace) for service in desired.services)
    return dataclasses.replace(desired, services=services)


def _remember(host: Host, desired: Desired) -> None:
    """Later commands on this host work from what was asked for last."""
    place = host.layout.desired
    whole = desired if desired.complete or not place.exists() else desired.merged_into(Desired.read(place))
    if not place.exists() or place.read_text(encoding="utf-8") != whole.text():
        replace(place, whole.text())


def preview(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """What `converge` would do."""
    desired = Desired.read(options.desired or host.layout.desired).only(options.only)
    plans = Convergence(host, recorder).plan(desired)
    return report.as_data([_foreseen(plan) for plan in plans], 0.0)


def _foreseen(plan: Plan) -> Outcome:
    if plan.sequence is not None:
        return Outcome(plan.wanted.name, plan.target.version, plan.sequence.kind, plan.why)
    action = "repair" if plan.repairs else "held" if plan.held else "unchanged"
    return Outcome(plan.wanted.name, plan.target.version, action, ", ".join(plan.repairs) or plan.held)


def deploy(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Release one version of one service again or anew; its artifact or release must be on this host."""
    desired = Desired.read(host.layout.desired)
    wanted, state = _service(host, desired, options.service)
    version = options.version or wanted.version
    if version in state.quarantined and not options.force:
        raise RefusedError(f"{version} is quarantined: {state.quarantined[version]}; --force releases it anyway")
    if version != wanted.version and not (host.layout.service(wanted.name).release(version) / "manifest.json").exists():
        raise RefusedError(f"{wanted.name}: release {version} is not kept here; bring it with the deploy playbook")
    if state.quarantined.pop(version, None) is not None:
        state.write(host.layout.service(wanted.name).state)
    services = (dataclasses.replace(wanted, version=version, force=options.force),)
    desired = _paced(dataclasses.replace(desired, services=services, complete=False), options)
    begun = host.clock.monotonic()
    return report.as_data(Convergence(host, recorder).run(desired), host.clock.monotonic() - begun)


def wanted_by(host: Host, options: Namespace) -> Wanted:
    """What `deploy` with these options would ask for."""
    (wanted,) = _paced(Desired.read(host.layout.desired).only([options.service]), options).services
    return dataclasses.replace(wanted, version=options.version or wanted.version)


def rollback(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Back to what served before; the release left behind is not taken again by itself."""
    wanted, state = _service(host, Desired.read(host.layout.desired), options.service)
    machine = Machine(host, recorder)
    machine.resume(wanted, state)
    plan = plan_rollback(host, wanted, state, options.to)
    left = state.running.version if state.running else ""
    if left != plan.target.version:
        state.quarantined[left] = f"rolled back to {plan.target.version}"
    state.quarantined.pop(plan.target.version, None)
    begun = host.clock.monotonic()
    outcome = Outcome(wanted.name, plan.target.version, "rollback", plan.why)
    try:
        machine.carry_out(plan.sequence or RELEASE, plan.wanted, state, plan.target)
    except ChangeFailedError as error:
        outcome.failure = failure_of(error.step, error.cause, state)
    outcome.seconds = host.clock.monotonic() - begun
    return report.as_data([outcome], outcome.seconds)


def contract(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Take away from the schema what only releases before the serving one needed."""
    wanted, state = _service(host, Desired.read(host.layout.desired), options.service)
    machine = Machine(host, recorder)
    if state.unfinished and state.unfinished.kind == CONTRACT.kind:
        machine.resume(wanted, state)
    plan = plan_contract(host, wanted, state)
    begun = host.clock.monotonic()
    outcome = Outcome(wanted.name, plan.target.version, why=plan.why)
    if plan.sequence is not None:
        outcome.action = plan.sequence.kind
        try:
            machine.carry_out(plan.sequence, plan.wanted, state, plan.target)
        except ChangeFailedError as error:
            outcome.failure = failure_of(error.step, error.cause, state)
    outcome.seconds = round(host.clock.monotonic() - begun, 3)
    return report.as_data([outcome], outcome.seconds)


def retire(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Stop services and remove their releases; their data stays."""
    known = host.layout.known_services()
    leaving = options.services if options.all_but is None else [name for name in known if name not in options.all_but]
    services = tuple(Wanted(name, "retired") for name in leaving if name in known)
    begun = host.clock.monotonic()
    desired = Desired(services, Installer("", ""))
    return report.as_data(Convergence(host, recorder).run(desired), host.clock.monotonic() - begun)


def cool(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """End the rollback window of a service when it is over."""
    places = host.layout.service(options.service)
    state = ServiceState.read(places.state, options.service)
    early = host.clock.now() < state.warm_until - 1 and not options.now
    if not state.active or not state.warm_until or early or state.unfinished:
        return report.as_data([], 0.0)
    colour = other(state.active)
    begun = host.clock.monotonic()
    host.units.stop(places.web(colour), places.fleet(colour))
    state.warm_until = 0.0
    state.write(places.state)
    seconds = host.clock.monotonic() - begun
    recorder.record(options.service, "cool", "done", seconds, colour=colour, detail="the rollback window is over")
    return report.as_data([Outcome(options.service, "", "cool", f"{colour} stopped", seconds)], seconds)


def restore_links(host: Host, options: Namespace, recorder: Recorder) -> dict[str, Any]:
    """Make the links of every service as its state says: /run is empty after a boot."""
    for name in host.layout.known_services():
        places = host.layout.service(name)
        moved = links.point(places, ServiceState.read(places.state, name).weights)
        if moved:
            recorder.record(name, "links", "done", 0.0, detail=f"{moved} links made")
    return report.as_data([], 0.0)


def _service(host: Host, desired: Desired, name: str) -> tuple[Wanted, ServiceState]:
    wanted = desired.only([name]).services[0]
    return wanted, ServiceState.read(host.layout.service(name).state, name)
