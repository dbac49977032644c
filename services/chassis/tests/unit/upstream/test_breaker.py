"""The breaker as a state machine: every rule holds after any history."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chassis.upstream.breaker import Breaker, BreakerOpen, BreakerState


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker(time, threshold=3, open_seconds=10, probe_seconds=2)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.permit()
        breaker.failed()


def test_it_opens_at_the_threshold_and_says_for_how_long(breaker: Breaker, time: Time) -> None:
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 1)
    time.now += 4
    with pytest.raises(BreakerOpen) as caught:
        breaker.permit()
    assert caught.value.retry_after == pytest.approx(6)


def test_only_failures_in_a_row_count(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_one_probe_decides(breaker: Breaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 10
    breaker.permit()
    with pytest.raises(BreakerOpen):
        breaker.permit()
    breaker.failed()
    with pytest.raises(BreakerOpen):
        breaker.permit()
    time.now += 10
    breaker.permit()
    breaker.succeeded()
    breaker.permit()
    breaker.permit()
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_was_cancelled_or_lost_gives_its_turn_back(breaker: Breaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 10
    breaker.permit()
    breaker.abandoned()
    breaker.permit()
    with pytest.raises(BreakerOpen):
        breaker.permit()
    time.now += 2
    breaker.permit()


def test_calls_that_were_under_way_do_not_prolong_the_pause(breaker: Breaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 9
    breaker.failed()
    time.now += 1
    assert breaker.state is BreakerState.HALF_OPEN


class Histories(RuleBasedStateMachine):
    """A plain model beside it: failures in a row, and when it opened."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.breaker = Breaker(self.time, threshold=3, open_seconds=10, probe_seconds=2)
        self.quiet_since = self.time.now
        self.granted_while_open = 0

    @rule(seconds=st.sampled_from([0.5, 2.0, 5.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.time.now += seconds

    @rule(outcome=st.sampled_from(["succeeded", "failed", "abandoned"]))
    def call(self, outcome: str) -> None:
        before = self.breaker.state
        if before is BreakerState.OPEN:
            with pytest.raises(BreakerOpen) as refusal:
                self.breaker.permit()
            assert 0 < refusal.value.retry_after <= 10
            return
        # Each call here reports at once, so that no probe is ever under way: it must be allowed.
        self.breaker.permit()
        getattr(self.breaker, outcome)()
        if outcome == "succeeded":
            assert self.breaker.state is BreakerState.CLOSED
        if outcome == "failed" and before is BreakerState.HALF_OPEN:
            assert self.breaker.state is BreakerState.OPEN

    @rule(seconds=st.just(12.0))
    def it_never_stays_shut_out(self, seconds: float) -> None:
        self.time.now += seconds
        self.breaker.permit()
        self.breaker.abandoned()

    @invariant()
    def state_is_known(self) -> None:
        assert self.breaker.state in BreakerState


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=30, database=None, deadline=None)
TestHistories = Histories.TestCase
