"""The ways a service changes, as data: steps in order, how to take each back, and from where there is only forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lhctl import contracting, leaving, preparing, switching, watching
from lhctl.transition import Transition


@dataclass(frozen=True)
class Step:
    """`undo` must be safe when `run` was cut off anywhere; a step without one leaves nothing that matters.

    `condemns`: a failure here is the release's own fault, so nobody shall take it again by accident.
    """

    name: str
    run: Callable[[Transition], str]
    undo: Callable[[Transition], None] | None = None
    condemns: bool = False


@dataclass(frozen=True)
class Sequence:
    """After `commit` is done a cut-off run is finished forward; before, it is taken back.

    `in_place`: it is about the colour that serves, and no other one comes into play.
    """

    kind: str
    steps: tuple[Step, ...]
    commit: str
    in_place: bool = False

    def committed(self, done: list[str]) -> bool:
        return self.commit in done


_START = Step("start", preparing.start, preparing.end_new)
_PROVE = (Step("smoke", switching.smoke), Step("enable", switching.enable, switching.disable_new))
_SWITCH = (Step("switch", switching.switch, switching.lead_back), Step("verify", switching.verify))
_MOVE = (*_PROVE, *_SWITCH)
_CANARY = Step("canary", watching.canary, switching.lead_back, condemns=True)
_WATCH = Step("watch", watching.watch, watching.keep_old, condemns=True)
_END_OLD = (
    Step("drain", switching.drain),
    Step("handover", switching.handover),
    Step("settle", switching.settle),
    Step("finish", switching.finish),
)

_PREPARE = (
    Step("install", preparing.install),
    Step("assign", preparing.assign, preparing.unassign),
    Step("preflight", preparing.preflight),
    Step("migrate", preparing.migrate),
    Step("setup", preparing.setup),
    _START,
)

RELEASE = Sequence("release", (*_PREPARE, *_MOVE, _WATCH, *_END_OLD), commit="watch")

# A few links first.
CANARY = Sequence("canary", (*_PREPARE, *_PROVE, _CANARY, *_SWITCH, _WATCH, *_END_OLD), commit="watch")

# Back to the colour that still runs: who rolls back is in a hurry, so requests move first and the fleet follows.
ROLLBACK = Sequence(
    "rollback",
    (
        Step("wake", switching.wake),
        Step("start", preparing.start_web, preparing.end_new),
        *_MOVE,
        Step("fleet", preparing.start_fleet),
        *_END_OLD,
    ),
    commit="verify",
)

# Back to any kept release. No migration: an older release knows only older schemas.
RETURN = Sequence(
    "return",
    (
        Step("assign", preparing.assign, preparing.unassign),
        Step("preflight", preparing.preflight),
        _START,
        *_MOVE,
        *_END_OLD,
    ),
    commit="verify",
)

# The same release in new processes.
RESTART = Sequence("restart", RETURN.steps, commit=RETURN.commit)

# What only releases before needed goes, on request; the serving release knows how.
CONTRACT = Sequence(
    "contract",
    (Step("contract", contracting.contract, contracting.stop), Step("remember", contracting.remember)),
    commit="contract",
    in_place=True,
)

PREPARE = Sequence("prepare", (Step("install", preparing.install),), commit="install")

WITHDRAW = Sequence(
    "withdraw",
    (Step("unroute", leaving.unroute), Step("stop", leaving.end_all)),
    commit="unroute",
)

RETIRE = Sequence(
    "retire",
    (Step("unroute", leaving.unroute), Step("stop", leaving.end_all), Step("remove", leaving.remove_releases)),
    commit="unroute",
)

SEQUENCES = {
    sequence.kind: sequence
    for sequence in (RELEASE, CANARY, ROLLBACK, RETURN, RESTART, CONTRACT, PREPARE, WITHDRAW, RETIRE)
}
