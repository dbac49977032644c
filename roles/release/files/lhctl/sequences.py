"""The ways a service changes, as data: steps in order, how to take each back, and from where there is only forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lhctl import leaving, preparing, switching
from lhctl.transition import Transition


@dataclass(frozen=True)
class Step:
    """`undo` must be safe when `run` was cut off anywhere; a step without one leaves nothing that matters."""

    name: str
    run: Callable[[Transition], str]
    undo: Callable[[Transition], None] | None = None


@dataclass(frozen=True)
class Sequence:
    """After `commit` is done a cut-off run is finished forward; before, it is taken back."""

    kind: str
    steps: tuple[Step, ...]
    commit: str

    def committed(self, done: list[str]) -> bool:
        return self.commit in done


_GO_LIVE = (
    Step("start", preparing.start, preparing.end_new),
    Step("smoke", switching.smoke),
    Step("enable", switching.enable, switching.disable_new),
    Step("switch", switching.switch, switching.switch_back),
    Step("verify", switching.verify),
    Step("drain", switching.drain),
    Step("handover", switching.handover),
    Step("settle", switching.settle),
    Step("finish", switching.finish),
)

RELEASE = Sequence(
    "release",
    (
        Step("install", preparing.install),
        Step("assign", preparing.assign, preparing.unassign),
        Step("preflight", preparing.preflight),
        Step("migrate", preparing.migrate),
        Step("setup", preparing.setup),
        *_GO_LIVE,
    ),
    commit="verify",
)

# Back to a colour that is still warm, or to any kept release. No migration: an older release knows only older schemas.
ROLLBACK = Sequence("rollback", (Step("wake", switching.wake), *_GO_LIVE), commit="verify")
RETURN = Sequence(
    "return",
    (Step("assign", preparing.assign, preparing.unassign), Step("preflight", preparing.preflight), *_GO_LIVE),
    commit="verify",
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

SEQUENCES = {sequence.kind: sequence for sequence in (RELEASE, ROLLBACK, RETURN, PREPARE, WITHDRAW, RETIRE)}
