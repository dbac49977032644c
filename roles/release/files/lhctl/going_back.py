"""Which release to go back to, and along which way."""

from __future__ import annotations

from dataclasses import replace

from lhctl.desired import Wanted
from lhctl.errors import RefusedError
from lhctl.fingerprint import configuration_of
from lhctl.layout import other
from lhctl.migrations import Migrations
from lhctl.plan import Plan
from lhctl.ports import Host
from lhctl.sequences import RETURN, ROLLBACK
from lhctl.state import Running, ServiceState


def plan_rollback(host: Host, wanted: Wanted, state: ServiceState, version: str = "") -> Plan:
    """A plan that leads back to `version`, or to what served before. Raises RefusedError without one."""
    running = state.running
    if running is None:
        raise RefusedError(f"{state.service} does not run, so there is nothing to go back from; lhctl status shows it")
    places = host.layout.service(state.service)
    colour = other(state.active)
    there = state.colours.get(colour)
    warm = host.units.states(places.web(colour))[places.web(colour)].running
    # The colour that still runs is what served before, also when only its configuration was another one.
    version = version or (there.version if there and warm else _before(state, running))
    if not (places.release(version) / "manifest.json").exists():
        kept = ", ".join(sorted(path.name for path in places.releases.glob("[!.]*")))
        raise RefusedError(f"{state.service}: release {version} is not kept here; kept: {kept}")
    if objection := Migrations.of(places, version).objection(state.schema):
        raise RefusedError(f"{state.service}: {objection}")
    target = replace(wanted, version=version)
    if there is not None and there.version == version:
        configuration = there.configuration if warm else configuration_of(places)
        return Plan(target, Running(version, configuration), ROLLBACK, why=f"{colour} is {'warm' if warm else 'kept'}")
    return Plan(target, Running(version, configuration_of(places)), RETURN, why="the release is kept")


def _before(state: ServiceState, running: Running) -> str:
    served = [
        entry["version"]
        for entry in reversed(state.history)
        if entry["kind"] in {"release", "canary", "rollback", "return"}
    ]
    for version in served:
        if version and version != running.version and version not in state.quarantined:
            return str(version)
    raise RefusedError(f"{state.service}: nothing served before {running.version}; name a release with --to")
