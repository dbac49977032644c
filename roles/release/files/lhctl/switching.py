"""Steps that move the requests to the new colour and end the old one.

Every step may be repeated after a kill, and every undo works after half a step.
"""

from __future__ import annotations

from lhctl import links
from lhctl.errors import StepFailedError
from lhctl.layout import LINK_COUNT, other
from lhctl.ports import Answer
from lhctl.state import replace
from lhctl.transition import Transition

SMOKE_ANSWERS = 3
SMOKE_PAUSE = 0.05
SMOKE_DEADLINE = 5.0
QUIET_SECONDS = 0.3
KEEP_RELEASES = 5


def wake(change: Transition) -> str:
    """Take the draining flag off a colour that is still warm, before it is asked whether it is ready."""
    change.places.draining(change.new).unlink(missing_ok=True)
    return ""


def smoke(change: Transition) -> str:
    return expect_answers(change, [str(change.places.socket(change.new))])


def expect_answers(change: Transition, sockets: list[str]) -> str:
    """N answers in a row per socket from the expected release; `is-active` proves nothing."""
    clock, host = change.host.clock, change.host
    deadline = clock.monotonic() + SMOKE_DEADLINE
    for socket in sockets:
        in_a_row = 0
        while in_a_row < SMOKE_ANSWERS:
            answer = host.probe.get(change.places.runtime / socket, change.wanted.ready)
            objection = answer.objection(change.target.version, change.new)
            in_a_row = 0 if objection else in_a_row + 1
            if objection and clock.monotonic() > deadline:
                raise _not_serving(change, objection, answer)
            clock.sleep(SMOKE_PAUSE)
    return f"{SMOKE_ANSWERS} answers of {change.target.version}"


def _not_serving(change: Transition, objection: str, answer: Answer) -> StepFailedError:
    unit = change.places.web(change.new)
    return StepFailedError(f"{unit}: {objection}", unit=unit, log=change.host.units.log(unit), answer=str(answer))


def enable(change: Transition) -> str:
    """Before the switch: from here on a reboot may start both, and the links decide who serves."""
    change.host.units.enable(*change.units_of(change.new))
    return ""


def disable_new(change: Transition) -> None:
    change.host.units.disable(change.places.web(change.new), change.places.fleet(change.new))


def switch(change: Transition) -> str:
    """From here a reboot makes the links from the new state, and both colours start."""
    change.state.route_to(change.new)
    change.save()
    moved = links.point(change.places, change.state.weights)
    return f"{moved} of {LINK_COUNT} links moved"


def lead_back(change: Transition) -> None:
    """All links to the old colour; then the new one may finish what it was given before it is ended."""
    change.state.route_to(change.old)
    change.save()
    links.point(change.places, change.state.weights)
    _let_go(change, change.new)
    change.places.draining(change.new).unlink(missing_ok=True)


def verify(change: Transition) -> str:
    """Ask again the way the edge asks: through the links."""
    return expect_answers(change, [str(change.places.links()[0]), str(change.places.links()[-1])])


def drain(change: Transition) -> str:
    """Flag the old colour and count its connections until none is left, also none waiting to be accepted."""
    if not change.old:
        return "nothing served before"
    return _let_go(change, change.old)


def _let_go(change: Transition, colour: str) -> str:
    host, places = change.host, change.places
    replace(places.draining(colour), "drained by lhctl\n")
    socket, port = places.socket(colour), change.wanted.port(colour)
    end = host.clock.monotonic() + change.wanted.drain_seconds
    quiet_since: float | None = None
    while True:
        now = host.clock.monotonic()
        open_now = host.connections.count(socket, port)
        quiet_since = None if open_now else quiet_since or now
        if quiet_since is not None and now - quiet_since >= QUIET_SECONDS:
            return f"{colour} has no connections"
        if now > end:
            return f"{colour} still had {open_now} connections after {change.wanted.drain_seconds} s"
        host.clock.sleep(0.05)


def handover(change: Transition) -> str:
    """The old fleet finishes or gives back what it holds; the new one already works."""
    if not change.old:
        return "nothing ran before"
    change.host.units.stop(change.places.fleet(change.old))
    return f"fleet of {change.old} ended"


def settle(change: Transition) -> str:
    """Keep the old colour for a fast way back, or end it; either way the next boot starts the new one alone."""
    colour = other(change.new)
    places, units = change.places, change.host.units
    units.disable(places.web(colour), places.fleet(colour))
    if change.old and change.wanted.keep_warm_seconds:
        change.state.warm_until = change.host.clock.now() + change.wanted.keep_warm_seconds
        units.later(
            places.cooling, change.wanted.keep_warm_seconds, ["/usr/local/bin/lhctl", "cool", change.wanted.name]
        )
        return f"{colour} stays warm for {change.wanted.keep_warm_seconds} s"
    change.state.warm_until = 0.0
    units.stop(places.web(colour), places.fleet(colour))
    return f"{colour} stopped"


def finish(change: Transition) -> str:
    """Write the change into history and remove releases nobody will go back to."""
    now, kind = change.host.clock.now(), change.unfinished.kind
    change.state.remember({"time": now, "kind": kind, "version": change.target.version, "colour": change.new})
    gone = change.host.software.prune(change.wanted.name, _worth_keeping(change))
    return f"removed {', '.join(gone)}" if gone else ""


def _worth_keeping(change: Transition) -> list[str]:
    recent = [entry["version"] for entry in reversed(change.state.history)]
    distinct = list(dict.fromkeys(recent))[:KEEP_RELEASES]
    return [*distinct, *(running.version for running in change.state.colours.values())]
