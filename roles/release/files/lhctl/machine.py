"""Runs a sequence: records what it is about to do, does it, takes it back when it fails, picks up what was cut off."""

from __future__ import annotations

from dataclasses import dataclass

from lhctl.desired import Wanted
from lhctl.errors import StepFailedError
from lhctl.events import Recorder
from lhctl.layout import COLOURS, other
from lhctl.ports import Host
from lhctl.sequences import SEQUENCES, Sequence, Step
from lhctl.state import Running, ServiceState, Unfinished
from lhctl.transition import Transition


class ChangeFailedError(Exception):
    """A sequence ended without success; the site is as before. `step` names where, `cause` holds the evidence."""

    def __init__(self, service: str, step: str, cause: StepFailedError) -> None:
        super().__init__(f"{service}: {step}: {cause.reason}")
        self.service = service
        self.step = step
        self.cause = cause


@dataclass
class Machine:
    """The engine; it knows steps only as names with a way forward and a way back."""

    host: Host
    recorder: Recorder

    def carry_out(self, sequence: Sequence, wanted: Wanted, state: ServiceState, target: Running) -> None:
        """Run `sequence` from its first step. Raises ChangeFailedError after having taken everything back."""
        idle = other(state.active) if state.active else COLOURS[0]
        new = state.active if sequence.in_place else idle
        state.unfinished = Unfinished(sequence.kind, new, state.active, target.version, target.configuration)
        self._advance(sequence, self._transition(wanted, state, new, state.active))

    def resume(self, wanted: Wanted, state: ServiceState) -> None:
        """Deal with what a killed run left: forward once the new colour is proven, back before that."""
        left = state.unfinished
        if left is None:
            return
        sequence = SEQUENCES[left.kind]
        change = self._transition(wanted, state, left.colour, left.previous)
        if sequence.committed(left.done):
            self._advance(sequence, change)
        else:
            self._take_back(sequence, change, "the run before was cut off")
            self._close(change)

    def promote(self, wanted: Wanted, state: ServiceState) -> None:
        """Finish a canary that a killed run left, forward. Raises ChangeFailedError as `carry_out`."""
        if state.unfinished is None:
            return
        if "canary" not in state.unfinished.done:
            state.unfinished.done.append("canary")
        sequence = SEQUENCES[state.unfinished.kind]
        self._advance(sequence, self._transition(wanted, state, state.unfinished.colour, state.unfinished.previous))

    def _transition(self, wanted: Wanted, state: ServiceState, new: str, old: str) -> Transition:
        def note(text: str) -> None:
            step = state.unfinished.current if state.unfinished else ""
            self.recorder.record(wanted.name, step, "under way", 0.0, colour=new, detail=text)

        return Transition(self.host, wanted, state, new=new, old=old, note=note)

    def _advance(self, sequence: Sequence, change: Transition) -> None:
        for step in sequence.steps:
            if step.name in change.unfinished.done:
                continue
            change.unfinished.current = step.name
            change.save()
            try:
                self._run(step, change)
            except StepFailedError as cause:
                self._give_up(sequence, change, step, cause)
                raise ChangeFailedError(change.wanted.name, step.name, cause) from cause
            change.unfinished.done.append(step.name)
        self._close(change)

    def _run(self, step: Step, change: Transition) -> None:
        begun = self.host.clock.monotonic()
        try:
            detail = _run(step, change)
        except StepFailedError as cause:
            self._record(step.name, "failed", begun, change, reason=cause.reason)
            raise
        self._record(step.name, "done", begun, change, detail=detail)

    def _give_up(self, sequence: Sequence, change: Transition, failed: Step, cause: StepFailedError) -> None:
        if sequence.committed(change.unfinished.done):
            # The new colour serves and is proven; what is left is cleaning up, which the next run finishes.
            change.save()
            return
        self._take_back(sequence, change, f"{failed.name} failed")
        serves = change.state.running
        # The same version under another configuration serves well; only the configuration is at fault.
        if failed.condemns and serves and serves.version != change.target.version:
            change.state.quarantined[change.target.version] = f"{failed.name}: {cause.reason}"
        change.state.remember(
            {"time": self.host.clock.now(), "kind": f"failed {sequence.kind}", "version": change.target.version,
             "colour": change.new, "reason": f"{failed.name}: {cause.reason}"}
        )  # fmt: skip
        self._close(change)

    def _take_back(self, sequence: Sequence, change: Transition, why: str) -> None:
        begun_steps = {*change.unfinished.done, change.unfinished.current}
        for step in reversed(sequence.steps):
            if step.undo is not None and step.name in begun_steps:
                begun = self.host.clock.monotonic()
                step.undo(change)
                self._record(step.name, "undone", begun, change, reason=why)

    def _close(self, change: Transition) -> None:
        change.state.unfinished = None
        change.save()

    def _record(self, step: str, outcome: str, begun: float, change: Transition, **details: str) -> None:
        seconds = self.host.clock.monotonic() - begun
        self.recorder.record(
            change.wanted.name, step, outcome, seconds, version=change.target.version, colour=change.new, **details
        )


def _run(step: Step, change: Transition) -> str:
    """A full disk or a missing folder is a failure of the step like any other, not the end of the run."""
    try:
        return step.run(change)
    except OSError as error:
        raise StepFailedError(f"{type(error).__name__}: {error}") from error
