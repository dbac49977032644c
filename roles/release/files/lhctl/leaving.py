"""Steps that take a service off the host."""

from __future__ import annotations

import shutil

from lhctl import links
from lhctl.layout import other
from lhctl.transition import Transition


def unroute(change: Transition) -> str:
    change.state.route_to("")
    change.save()
    links.point(change.places, {})
    return "no links lead here"


def end_all(change: Transition) -> str:
    """Both colours, fleets first: they may hold work that wants the web unit's service name alive."""
    places, units = change.places, change.host.units
    units.stop(f"{places.cooling}.timer")
    for unit_of in (places.fleet, places.web):
        units.stop(*(unit_of(colour) for colour in (change.new, other(change.new))))
        units.disable(*(unit_of(colour) for colour in (change.new, other(change.new))))
    return "stopped"


def remove_releases(change: Transition) -> str:
    """Software can be built again; data stays."""
    for colour in (change.new, other(change.new)):
        change.places.colour(colour).unlink(missing_ok=True)
        change.places.settings(colour).unlink(missing_ok=True)
    shutil.rmtree(change.places.runtime, ignore_errors=True)
    change.state.colours = {}
    gone = change.host.software.prune(change.wanted.name, [])
    change.state.remember({"time": change.host.clock.now(), "kind": "retire", "version": "", "colour": ""})
    return f"removed {len(gone)} releases"
