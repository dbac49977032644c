"""Steps that let requests reach the new colour and look at what becomes of them.

Worse than before: the step fails, and the machine takes the links back.
"""

from __future__ import annotations

from lhctl import links, verdict, wishes
from lhctl.errors import StepFailedError
from lhctl.layout import LINK_COUNT
from lhctl.ports import Request, RequestTail
from lhctl.state import replace
from lhctl.switching import expect_answers
from lhctl.transition import Transition
from lhctl.verdict import Sample

PAUSE = 0.25
# A service nobody asks has nothing to show; its deploy does not wait for more.
QUIET_SECONDS = 1.5
WARM_UP_SECONDS = 1.0
# A log that cannot be read holds a release up for so long and no longer.
CATCH_UP_SECONDS = 10.0
# Links were being moved in the moments before a watch begins.
MOVING_SECONDS = 2.0
# Not ready once may be a hiccup of its database.
OBJECTIONS_IN_A_ROW = 3


def canary(change: Transition) -> str:
    """Move a few links at a time, prove each step, then look at it for as long as asked."""
    wishes.forget(change.host.layout, change.wanted.name)
    with change.host.access.follow(change.wanted.name) as tail:
        watch = Watch(change, tail)
        for percent in change.wanted.canary:
            count = max(1, round(percent * LINK_COUNT / 100))
            change.state.share(change.new, count, change.old)
            change.save()
            links.point(change.places, change.state.weights)
            # The first links in order are the new colour's.
            expect_answers(change, [str(change.places.links()[0]), str(change.places.links()[count - 1])])
            change.note(f"{count} of {LINK_COUNT} links lead to {change.new}")
            if watch.look(change.wanted.soak_seconds) == wishes.PROMOTE:
                return f"promoted at {count} of {LINK_COUNT} links: {watch.new}"
    return f"{watch.new}"


def watch(change: Transition) -> str:
    """All links lead to the new colour: the old one is told to let go of its connections, and stays ready to return."""
    if not change.old:
        return "nothing served before"
    if not change.wanted.watch_seconds:
        return "not asked for"
    replace(change.places.draining(change.old), "drained by lhctl\n")
    with change.host.access.follow(change.wanted.name) as tail:
        found = Watch(change, tail)
        found.look(change.wanted.watch_seconds, quiet=QUIET_SECONDS)
    return f"{found.new}; before: {found.old}" if found.new.count else "no requests came"


def keep_old(change: Transition) -> None:
    """The old colour is to serve on: it keeps its connections again."""
    if change.old:
        change.places.draining(change.old).unlink(missing_ok=True)


class Watch:
    """Sorts requests by who answered, and raises StepFailedError once the new release is worse."""

    def __init__(self, change: Transition, tail: RequestTail) -> None:
        self.change = change
        self.tail = tail
        self.new, self.old = Sample(), Sample()
        self._objections = 0
        self._begun = change.host.clock.now()
        self._web = change.places.web(change.new)
        self._first = change.host.units.states(self._web)[self._web]

    def look(self, seconds: float, quiet: float = 0.0) -> str:
        """Return after `seconds` (after `quiet` already when no request came), or with a wish that ends the watch."""
        clock = self.change.host.clock
        begun = clock.monotonic()
        latest = begun + CATCH_UP_SECONDS
        while True:
            self._look_once()
            if not self.tail.caught_up and clock.monotonic() < latest:
                # What the log has not told yet has not been looked at.
                begun = clock.monotonic()
            wish = wishes.read(self.change.host.layout, self.change.wanted.name)
            if wish == wishes.ABORT:
                wishes.forget(self.change.host.layout, self.change.wanted.name)
                raise self._worse("an operator aborted it")
            elapsed = clock.monotonic() - begun
            if wish or elapsed >= seconds or (quiet and elapsed >= quiet and not self.new.count):
                wishes.forget(self.change.host.layout, self.change.wanted.name)
                return wish
            clock.sleep(PAUSE)

    def _look_once(self) -> None:
        for request in self.tail.read():
            self._sort(request)
        reason = verdict.objection(self.new, self.old) or self._restarted()
        if reason:
            raise self._worse(reason)
        self._ask()

    def _sort(self, request: Request) -> None:
        change, after = self.change, request.ended - self._begun
        colour = request.colour or self._colour_by_link(request, after)
        if colour == change.new and after > 0 and request.version in {"", change.target.version}:
            self.new.add(request, timed=after > WARM_UP_SECONDS)
        elif colour == change.old and request.version in {"", change.state.colours[change.old].version}:
            self.old.add(request)

    def _colour_by_link(self, request: Request, after: float) -> str:
        """Who is killed while it answers leaves no name; the link then tells whose request it was."""
        if after > 0:
            return links.plan(self.change.state.weights)[request.link]
        return self.change.old if after < -MOVING_SECONDS else ""

    def _restarted(self) -> str:
        now = self.change.host.units.states(self._web)[self._web]
        if now.running and (now.main_pid, now.restarts) == (self._first.main_pid, self._first.restarts):
            return ""
        return f"{self._web} did not stay up ({now.active}, {now.restarts - self._first.restarts} restarts)"

    def _ask(self) -> None:
        change = self.change
        answer = change.host.probe.get(change.places.socket(change.new), change.wanted.ready)
        objection = answer.objection(change.target.version, change.new)
        self._objections = self._objections + 1 if objection else 0
        if self._objections >= OBJECTIONS_IN_A_ROW:
            raise self._worse(f"{self._objections} health answers in a row: {objection}")

    def _worse(self, reason: str) -> StepFailedError:
        change = self.change
        answer = change.host.probe.get(change.places.socket(change.new), change.wanted.ready)
        return StepFailedError(
            f"{reason} [new: {self.new}; old: {self.old}]", unit=self._web, log=change.host.units.log(self._web),
            answer=str(answer),
        )  # fmt: skip
