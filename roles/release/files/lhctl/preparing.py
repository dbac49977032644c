"""Steps that bring a release to the idle colour; no request reaches it yet.

Every step may be repeated after a kill, and every undo works after half a step.
"""

from __future__ import annotations

import os

from lhctl import contracting, settings
from lhctl.errors import StepFailedError
from lhctl.migrations import Migrations
from lhctl.transition import Transition


def install(change: Transition) -> str:
    fresh = change.host.software.install(change.wanted)
    return "unpacked" if fresh else "was there"


def assign(change: Transition) -> str:
    """Give the idle colour the release; whatever an earlier try left running there ends first."""
    places = change.places
    change.host.units.stop(places.web(change.new), places.fleet(change.new))
    places.draining(change.new).unlink(missing_ok=True)
    link = places.colour(change.new)
    scratch = link.with_name(f".{link.name}.new")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(places.release(change.target.version))
    os.replace(scratch, link)
    change.state.colours[change.new] = change.target
    settings.keep(places, change.new)
    return f"{change.new} is {change.target.version}"


def unassign(change: Transition) -> None:
    """The release stays on disk, but no colour claims to have run it."""
    change.state.colours.pop(change.new, None)
    change.places.colour(change.new).unlink(missing_ok=True)


def preflight(change: Transition) -> str:
    """Import the application inside the unit's own sandbox: a release that cannot must not touch the database."""
    if not change.old:
        return "nothing serves that it could harm; its start will tell"
    change.host.units.start(change.places.task("preflight", change.new))
    return ""


def migrate(change: Transition) -> str:
    if not change.wanted.migrate:
        return "nothing to do"
    # A restore may have brought back what was taken away: then the database itself is asked, by running it.
    if not change.wanted.force and (known := _known_to_be_done(change)):
        return known
    change.host.units.start(change.places.task("migrate", change.new))
    contracting.learn(change)
    waiting = Migrations.of(change.places, change.target.version).to_take_away(change.state.schema)
    return f"{', '.join(waiting)} waits for lhctl contract" if waiting else ""


def _known_to_be_done(change: Transition) -> str:
    """Why there is nothing to migrate, or nothing. Raises StepFailedError when the schema cannot carry the release."""
    serving = change.state.colours.get(change.old)
    if serving and serving.version == change.target.version:
        return "this version migrated before it served"
    release, schema = Migrations.of(change.places, change.target.version), change.state.schema
    if objection := release.objection(schema):
        raise StepFailedError(objection)
    return f"the schema is ahead, at {schema.applied[-1]}, and carries it" if release.behind(schema) else ""


def setup(change: Transition) -> str:
    if not change.wanted.setup:
        return "nothing to do"
    change.host.units.start(change.places.task("setup", change.new))
    return ""


def start(change: Transition) -> str:
    """Web and fleet at once: both must be ready before any request moves."""
    change.host.units.start(*change.units_of(change.new))
    return f"{change.new} is ready"


def start_web(change: Transition) -> str:
    change.host.units.start(change.places.web(change.new))
    return f"{change.new} is ready"


def start_fleet(change: Transition) -> str:
    if not change.wanted.fleet:
        return "it has none"
    change.host.units.start(change.places.fleet(change.new))
    return f"fleet of {change.new} is ready"


def end_new(change: Transition) -> None:
    change.host.units.stop(change.places.web(change.new), change.places.fleet(change.new))
