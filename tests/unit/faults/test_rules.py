"""Each rule of the history checker, against a sound history and against one doctored to break just that promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults import rules
from tests.faults.history import (
    Answer,
    DeliveryRow,
    Evidence,
    History,
    Known,
    Letter,
    Life,
    Mail,
    NotificationRow,
    OrderRow,
    Request,
)

ADA = "ada@example.com"
TYPES = ("user.registered.v1", "order.placed.v1", "order.paid.v1", "order.shipped.v1")


def ok(order_id: str = "", status: int = 200) -> Answer:
    return Answer(status, 0.1, order_id=order_id)


def sound() -> History:
    """One order, paid and shipped; its second answer got lost once."""
    life = Life(ADA, "key", ("paid", "fulfilling", "shipped"))
    life.placing.answers += [Answer(0, 1.0), ok("o1", 201)]
    life.moves = [Request(status, [ok()]) for status in life.plan]
    notifications = tuple(
        NotificationRow(f"n{number}", f"e{number}", type_, "o1" if type_.startswith("order") else "", str(number))
        for number, type_ in enumerate(TYPES)
    )
    evidence = Evidence(
        orders=(OrderRow("o1", "key", "shipped", 4),),
        notifications=notifications,
        deliveries=tuple(
            DeliveryRow(f"d{number}", f"n{number}", ADA, "sent", "", ("sent",)) for number in range(len(TYPES))
        ),
        inbox=tuple(f"e{number}" for number in range(len(TYPES))),
        mails=tuple(Mail(f"d{number}", ADA) for number in range(len(TYPES))),
        waiting={"outbox of order": 0, "queue notification.events": 0},
        dead=(),
    )
    return History([ADA], [life], evidence)


def found(**changes: Any) -> Callable[[History], None]:
    """Doctor the evidence: each value is a function from the field's rows to other rows."""

    def doctor(history: History) -> None:
        rows = {name: change(getattr(history.evidence, name)) for name, change in changes.items()}
        history.evidence = replace(history.evidence, **rows)

    return doctor


def told(place: Callable[[Life], list[Answer]], *answers: Answer) -> Callable[[History], None]:
    """Doctor the answers of one request."""

    def doctor(history: History) -> None:
        place(history.lives[0])[:] = answers

    return doctor


def placing(life: Life) -> list[Answer]:
    return life.placing.answers


def last_move(life: Life) -> list[Answer]:
    return life.moves[-1].answers


def last(**changes: Any) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """The rows with their last one changed."""
    return lambda rows: (*rows[:-1], replace(rows[-1], **changes))


def without_last(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return rows[:-1]


def last_twice(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*rows, rows[-1])


def swapped(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*rows[:-2], replace(rows[-2], seen="9"), rows[-1])


def expecting_poison(history: History) -> None:
    history.poison = ("undecodable: ",)


DOCTORED: list[tuple[rules.Rule, Callable[[History], None], str]] = [
    (rules.every_acknowledged_order_exists, found(orders=without_last), "lost: order o1"),
    (rules.every_key_makes_one_order, found(orders=last_twice), "doubled: 2 orders"),
    (rules.every_key_makes_one_order, told(placing, ok("o1", 201), ok("o2", 201)), "answered with o1 and o2"),
    (rules.every_key_makes_one_order, told(placing, Answer(503, 0.1, retry_after=True)), "half done"),
    (rules.every_key_makes_one_order, found(orders=last(key="other")), "from nowhere"),
    (rules.every_move_is_in_the_row, found(orders=last(version=3, status="fulfilling")), "3 moves acknowledged"),
    (rules.every_move_is_in_the_row, found(orders=last(version=5)), "4 in the row"),
    (rules.every_move_is_in_the_row, found(orders=last(status="paid")), "paid after 3 moves"),
    (rules.every_change_is_told_once, found(notifications=without_last), "lost: order.shipped.v1"),
    (rules.every_change_is_told_once, found(notifications=last_twice), "doubled: order.shipped.v1"),
    (rules.every_change_is_told_once, found(notifications=last(event_type="order.cancelled.v1")), "without a cause"),
    (rules.every_change_is_told_once, found(notifications=last(order_id="o9")), "without a cause"),
    (rules.every_customer_is_welcomed_once, found(deliveries=lambda rows: rows[1:]), "welcomed 0 times"),
    (rules.every_customer_is_welcomed_once, found(deliveries=lambda rows: (rows[0], *rows)), "welcomed 2 times"),
    (rules.every_event_is_applied_once, found(inbox=without_last), "with 0 inbox rows"),
    (rules.every_event_is_applied_once, found(inbox=last_twice), "with 2 inbox rows"),
    (rules.every_delivery_is_sent, found(deliveries=last(status="pending")), "stuck: delivery d3"),
    (rules.every_delivery_is_sent, found(deliveries=last(status="failed", error="no template")), "stuck: delivery d3"),
    (rules.every_delivery_is_sent, found(deliveries=without_last), "notification n3 has 0 deliveries"),
    (rules.every_email_arrives, found(mails=without_last), "lost: delivery d3"),
    (rules.every_email_arrives, found(mails=last(message_id="d9")), "from nowhere: email d9"),
    (rules.no_email_arrives_twice_without_reason, found(mails=last_twice), "doubled: 2 copies"),
    (rules.order_is_kept, found(notifications=swapped), "out of order: o1"),
    (
        rules.only_poison_dies,
        found(dead=lambda _: (Letter("l1", "outbox of order", "no queue"),)),
        "died: l1 in outbox",
    ),
    (rules.only_poison_dies, expecting_poison, "stuck: poison is not among the dead"),
    (rules.nothing_waits, found(waiting=lambda rows: rows | {"outbox of order": 2}), "stuck: 2 in outbox"),
    (rules.every_answer_is_honest, told(last_move, Answer(500, 0.1), ok()), "answer 500"),
    (rules.every_answer_is_honest, told(last_move, Answer(503, 0.1), ok()), "without Retry-After"),
    (rules.every_answer_is_honest, told(last_move, Answer(0, 60), ok()), "hung for 60.0 s"),
    (rules.nobody_is_left_in_doubt, told(last_move, Answer(502, 0.1), Answer(0, 1)), "never answered: shipped of o1"),
]


def test_a_sound_history_breaks_no_rule() -> None:
    assert rules.breaches(sound()) == []
    assert rules.duplicates_at_the_wire(sound()) == 0


@pytest.mark.parametrize(("rule", "doctor", "words"), DOCTORED)
def test_a_breach_is_found(rule: rules.Rule, doctor: Callable[[History], None], words: str) -> None:
    history = sound()
    doctor(history)
    assert any(words in line for line in rule(history)), list(rule(history))
    assert any(line.startswith(rule.__name__) and words in line for line in rules.breaches(history))


def test_every_rule_is_doctored() -> None:
    assert {rule for rule, _, _ in DOCTORED} == set(rules.RULES)


def test_what_was_dead_before_is_not_held_against_a_schedule() -> None:
    history = sound()
    history.dead_before = frozenset({"l1"})
    found(dead=lambda _: (Letter("l1", "notification.events", "failed 5 times"),))(history)
    assert rules.breaches(history) == []


def test_poison_may_die_of_its_reason_and_of_no_other() -> None:
    history = sound()
    history.poison = ("undecodable: ",)
    found(dead=lambda _: (Letter("l1", "notification.events", "undecodable: body"),))(history)
    assert rules.breaches(history) == []
    found(dead=lambda _: (Letter("l1", "notification.events", "failed 5 times"),))(history)
    assert len(rules.breaches(history)) == 2


def test_nobody_asked_for_the_dead_and_nobody_says_that_one_is_missing() -> None:
    history = sound()
    history.poison = ("undecodable: ",)
    found(dead=lambda _: None)(history)
    assert rules.breaches(history) == []


def test_a_fault_may_make_more_statuses_honest() -> None:
    history = sound()
    placing(history.lives[0]).insert(0, Answer(401, 0.1))
    assert rules.breaches(history) == ["every_answer_is_honest: answer 401 after 0.1 s: "]
    history.honest = frozenset({401})
    assert rules.breaches(history) == []


def test_a_second_copy_is_excused_by_an_attempt_that_was_not_recorded() -> None:
    history = sound()
    found(mails=last_twice, deliveries=last(outcomes=("abandoned", "sent")))(history)
    assert rules.breaches(history) == []
    assert rules.duplicates_at_the_wire(history) == 1


def test_a_server_that_refused_for_good_is_an_excuse() -> None:
    history = sound()
    found(mails=without_last, deliveries=last(status="failed", error=f"554 {rules.FOREVER_REFUSED}"))(history)
    assert rules.breaches(history) == []


@pytest.mark.parametrize(
    ("statuses", "known"),
    [
        ([], Known.UNKNOWN),
        ([0], Known.UNKNOWN),
        ([502, 503], Known.UNKNOWN),
        ([503, 503], Known.REFUSED),
        ([403], Known.REFUSED),
        ([0, 201], Known.DONE),
    ],
)
def test_what_a_client_knows(statuses: list[int], known: Known) -> None:
    assert Request("placed", [Answer(status, 0.1) for status in statuses]).known is known
