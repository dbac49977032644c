"""Order per aggregate while something fails, without a broker."""

from uuid import UUID

from chassis.messaging.holding import LINE_SECONDS, Holding

FIRST, SECOND = UUID(int=1), UUID(int=2)


def test_followers_wait_until_the_failed_event_is_settled() -> None:
    holding: Holding[str] = Holding()
    assert not holding.must_wait("order", FIRST, "one")
    holding.retry_later("order", FIRST, "one", now=0, seconds=1)
    assert holding.must_wait("order", SECOND, "two")
    assert not holding.must_wait("other", SECOND, "free")
    assert not holding.must_wait("order", FIRST, "one again")
    assert holding.settled("order", SECOND) == []
    assert holding.settled("order", FIRST) == ["two"]
    assert not holding.must_wait("order", SECOND, "two")


def test_retries_come_out_when_due_and_in_their_order() -> None:
    holding: Holding[str] = Holding()
    holding.retry_later("a", FIRST, "late", now=0, seconds=5)
    holding.retry_later("b", SECOND, "soon", now=0, seconds=1)
    assert holding.seconds_until_due(0, at_most=9) == 1
    assert list(holding.due(0.5)) == []
    assert list(holding.due(6)) == ["soon", "late"]
    assert holding.seconds_until_due(6, at_most=9) == 9


def test_a_line_nobody_settles_opens_by_itself() -> None:
    holding: Holding[str] = Holding()
    holding.retry_later("a", FIRST, "one", now=0, seconds=1)
    holding.must_wait("a", SECOND, "two")
    assert holding.expired(LINE_SECONDS) == []
    assert holding.expired(LINE_SECONDS + 1) == ["two"]
    assert not holding.must_wait("a", SECOND, "two")
