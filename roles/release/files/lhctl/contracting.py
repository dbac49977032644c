"""Steps around a schema that changes: learn where it is, and take away what no release needs any more."""

from __future__ import annotations

from contextlib import suppress

from lhctl.migrations import Migrations
from lhctl.transition import Transition


def learn(change: Transition) -> None:
    """Take over what the migration said about the schema. It said nothing: what was known stays."""
    with suppress(FileNotFoundError):
        said = change.places.revision.read_text(encoding="utf-8").strip()
        change.state.schema = Migrations.of(change.places, change.target.version).reached(said) or change.state.schema


def contract(change: Transition) -> str:
    """Run the serving release's own revisions that take away."""
    pending = Migrations.of(change.places, change.target.version).to_take_away(change.state.schema)
    # Before it runs: whoever is killed from here on must not offer a way back that may be none.
    change.state.schema.contracted = [*dict.fromkeys([*change.state.schema.contracted, *pending])]
    change.save()
    change.host.units.start(change.places.task("contract", change.new))
    learn(change)
    return f"{', '.join(pending)} took away what only releases before needed"


def stop(change: Transition) -> None:
    """It is one transaction: ended before its end, it has done nothing; what it says last is then the truth."""
    change.host.units.stop(change.places.task("contract", change.new))
    learn(change)


def remember(change: Transition) -> str:
    now, target = change.host.clock.now(), change.target
    change.state.remember({"time": now, "kind": "contract", "version": target.version, "colour": change.new})
    return ""
