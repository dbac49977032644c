"""What a service needs, decided from what is wanted and what is there; nothing is changed here."""

from __future__ import annotations

from dataclasses import dataclass

from lhctl import links
from lhctl.desired import Wanted
from lhctl.fingerprint import configuration_of
from lhctl.layout import COLOURS
from lhctl.ports import Host
from lhctl.sequences import CANARY, PREPARE, RELEASE, RETIRE, WITHDRAW, Sequence
from lhctl.state import Running, ServiceState


@dataclass(frozen=True)
class Plan:
    """`sequence` to run, or repairs of what serves already, or neither; `why` is for people."""

    wanted: Wanted
    target: Running
    sequence: Sequence | None = None
    repairs: tuple[str, ...] = ()
    held: str = ""
    why: str = ""

    @property
    def changes(self) -> bool:
        return self.sequence is not None or bool(self.repairs)


def plan_service(host: Host, wanted: Wanted, state: ServiceState) -> Plan:
    """Compare one service with what is asked for it."""
    target = Running(wanted.version, configuration_of(host.layout.service(wanted.name)))
    if wanted.state == "retired":
        return _plan_retirement(wanted, state, target)
    if wanted.state == "planned":
        return _plan_preparation(host, wanted, state, target)
    if wanted.version in state.quarantined:
        return Plan(wanted, target, held=f"{wanted.version} is quarantined: {state.quarantined[wanted.version]}")
    why = _reason_to_release(host, wanted, state, target)
    if why:
        return Plan(wanted, target, CANARY if wanted.canary and _serves(host, state) else RELEASE, why=why)
    return Plan(wanted, target, repairs=tuple(_repairs(host, wanted, state)))


def _plan_retirement(wanted: Wanted, state: ServiceState, target: Running) -> Plan:
    if state.colours or state.active:
        return Plan(wanted, target, RETIRE, why="it is retired")
    return Plan(wanted, target)


def _plan_preparation(host: Host, wanted: Wanted, state: ServiceState, target: Running) -> Plan:
    if state.active:
        return Plan(wanted, target, WITHDRAW, why="it is planned, not live")
    manifest = host.layout.service(wanted.name).release(wanted.version) / "manifest.json"
    return Plan(wanted, target) if manifest.exists() else Plan(wanted, target, PREPARE, why="it is not installed")


def _reason_to_release(host: Host, wanted: Wanted, state: ServiceState, target: Running) -> str:
    running = state.running
    if running is None:
        return "it does not run yet"
    if running.version != target.version:
        return f"{running.version} runs"
    if running.configuration != target.configuration:
        return "its configuration changed"
    web = host.layout.service(wanted.name).web(state.active)
    status = host.units.states(web)[web]
    return "" if status.running else f"{web} is {status.active}"


def _serves(host: Host, state: ServiceState) -> bool:
    """Whether there is somebody to share requests with."""
    if not state.active:
        return False
    web = host.layout.service(state.service).web(state.active)
    return host.units.states(web)[web].running


def _repairs(host: Host, wanted: Wanted, state: ServiceState) -> list[str]:
    """Small deviations of a service whose web unit runs: each is mended without touching that unit."""
    places = host.layout.service(wanted.name)
    units = [places.web(state.active), *([places.fleet(state.active)] if wanted.fleet else [])]
    states = host.units.states(*units, *(places.fleet(colour) for colour in COLOURS))
    found = []
    if links.read(places) != links.plan(state.weights):
        found.append("links")
    if places.draining(state.active).exists():
        found.append("draining flag")
    if any(not states[unit].running for unit in units[1:]):
        found.append("fleet")
    if any(not states[unit].enabled for unit in units):
        found.append("start at boot")
    return found
