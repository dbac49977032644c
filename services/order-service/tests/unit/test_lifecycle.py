"""The life of an order: what the table says happens, after any history, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.identifiers import uuid7
from orders.orders.lifecycle import FINISHED, MOVES, IllegalMoveError, Status
from orders.orders.order import MAX_LINES, MAX_QUANTITY, MAX_UNIT_PRICE, Customer, Line, Order

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Customer(uuid7(), "ada@example.com", "Ada")
SOME_LINES = st.lists(
    st.builds(
        Line,
        sku=st.just("S"),
        name=st.just("n"),
        quantity=st.integers(1, MAX_QUANTITY),
        unit_price=st.integers(0, MAX_UNIT_PRICE),
    ),
    min_size=1,
    max_size=MAX_LINES,
)


def order_in(status: Status) -> Order:
    order = Order.place(ADA, [Line("S", "n", 1, 1)], currency="EUR", now=NOW)
    order.status = status
    return order


def test_the_main_road_is_open() -> None:
    order = order_in(Status.PENDING)
    for status in (Status.PAID, Status.FULFILLING, Status.SHIPPED, Status.DELIVERED):
        assert order.move_to(status, now=NOW)


@pytest.mark.parametrize("status", Status)
def test_cancelling_ends_with_shipping(status: Status) -> None:
    may_cancel = status in (Status.PENDING, Status.PAID, Status.FULFILLING)
    assert (Status.CANCELLED in MOVES[status]) is may_cancel


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REFUNDED])
def test_the_end_is_the_end(status: Status) -> None:
    assert MOVES[status] == ()
    assert status in FINISHED


def test_every_status_has_its_row_and_can_be_reached() -> None:
    assert set(MOVES) == set(Status)
    reached = {Status.PENDING}
    for _ in Status:
        reached |= {target for status in reached for target in MOVES[status]}
    assert reached == set(Status)


def test_a_wrong_move_names_the_right_ones() -> None:
    with pytest.raises(IllegalMoveError) as caught:
        order_in(Status.SHIPPED).move_to(Status.PAID, now=NOW)
    assert caught.value.legal == (Status.DELIVERED, Status.REFUNDED)


@given(SOME_LINES)
@settings(database=None, max_examples=50)
def test_totals_are_exact_and_fit(lines: list[Line]) -> None:
    order = Order.place(ADA, lines, currency="EUR", now=NOW)
    assert order.total == sum(line.quantity * line.unit_price for line in lines)
    assert order.total < 2**53


class Life(RuleBasedStateMachine):
    """Any sequence of wishes: the order obeys the table, its version and time never go back."""

    @initialize()
    def place(self) -> None:
        self.order = Order.place(ADA, [Line("S", "n", 2, 3)], currency="EUR", now=NOW)
        self.history = [Status.PENDING]

    @rule(wanted=st.sampled_from(Status), seconds=st.integers(-3600, 3600))
    def wish(self, wanted: Status, seconds: int) -> None:
        current, version = self.order.status, self.order.version
        updated_at = self.order.updated_at
        try:
            moved = self.order.move_to(wanted, now=updated_at + timedelta(seconds=seconds))
        except IllegalMoveError as error:
            self.check_refusal(error, current, wanted, version)
            return
        assert moved is (wanted is not current)
        assert self.order.version == version + moved
        assert self.order.updated_at >= updated_at
        if moved:
            assert wanted in MOVES[current]
            self.history.append(wanted)

    def check_refusal(self, error: IllegalMoveError, current: Status, wanted: Status, version: int) -> None:
        assert wanted not in MOVES[current]
        assert error.legal == MOVES[current]
        assert (self.order.status, self.order.version) == (current, version)

    @invariant()
    def no_status_comes_twice(self) -> None:
        assert len(set(self.history)) == len(self.history)
        assert self.order.version == len(self.history)

    @invariant()
    def what_was_shipped_is_never_cancelled(self) -> None:
        if Status.SHIPPED in self.history:
            assert self.order.status is not Status.CANCELLED


Life.TestCase.settings = settings(max_examples=80, stateful_step_count=20, database=None, deadline=None)
TestLife = Life.TestCase
