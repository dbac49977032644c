"""Retries grow, are bounded, and end."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.retry_policy import RetryPolicy

POLICY = RetryPolicy()
YOUNG = timedelta(0)


def waits(until: timedelta) -> list[timedelta]:
    """The waits between refusals that come within ``until`` of each other, without jitter."""
    passed = timedelta(0)
    found: list[timedelta] = []
    while passed < until:
        wait = POLICY.after_refusal(len(found) + 1, passed, jitter=0)
        assert wait is not None
        found.append(wait)
        passed += wait
    return found


def test_the_first_retry_comes_after_a_second() -> None:
    assert POLICY.after_refusal(1, YOUNG, jitter=0) == timedelta(seconds=1)


def test_after_a_minute_of_refusals_the_next_try_is_at_most_half_a_minute_away() -> None:
    assert max(waits(timedelta(seconds=60))) <= timedelta(seconds=30)


def test_the_wait_is_capped() -> None:
    assert POLICY.after_refusal(19, YOUNG, jitter=0) == timedelta(minutes=10)


def test_a_message_is_given_up_after_the_last_refusal() -> None:
    assert POLICY.after_refusal(19, YOUNG, jitter=0) is not None
    assert POLICY.after_refusal(20, YOUNG, jitter=0) is None


def test_a_channel_that_is_away_never_counts_against_the_message() -> None:
    assert POLICY.after_unreachable(100_000, timedelta(hours=47), jitter=0) == timedelta(seconds=15)


def test_everything_is_given_up_in_the_end() -> None:
    assert POLICY.after_unreachable(1, timedelta(days=2), jitter=0) is None
    assert POLICY.after_refusal(1, timedelta(days=2), jitter=0) is None


@given(tries=st.integers(1, 10**9), jitter=st.floats(0, 1))
def test_jitter_shortens_a_wait_by_a_fifth_at_most(tries: int, jitter: float) -> None:
    wait = POLICY.after_unreachable(tries, YOUNG, jitter=jitter)
    full = POLICY.after_unreachable(tries, YOUNG, jitter=0)
    assert wait is not None
    assert full is not None
    assert full * 0.8 - timedelta(microseconds=1) <= wait <= full
