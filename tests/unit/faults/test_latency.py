"""The arithmetic of the load run, and what it takes from a history."""

from __future__ import annotations

import math

import pytest

from tests.faults.history import Answer, DeliveryRow, Evidence, History, Life, Mail, NotificationRow
from tests.faults.latency import Order, growth, minutes, percentile, row, table
from tests.faults.throughput import measured


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0), (0, 1.0)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == value


def test_a_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 50))


def test_orders_are_told_apart_by_the_minute_they_were_asked_in() -> None:
    rows = minutes([Order(61.0, 0.1, 2.0), Order(0.0, 0.1, 1.0), Order(59.9, 0.3, None)])
    assert [(row.name, row.orders, row.slowest) for row in rows] == [("1", 2, 1.0), ("2", 1, 2.0)]
    assert rows[0].accepted == (0.1, 0.3, 0.3)
    assert rows[0].email == (1.0, 1.0, 1.0)


def test_growth_compares_the_last_minute_with_the_first() -> None:
    orders = [Order(0.0, 0.1, 0.5), Order(70.0, 0.1, 9.0), Order(130.0, 0.1, 1.5)]
    assert growth(minutes(orders)) == 3.0
    assert math.isnan(growth(minutes(orders[:1])))


def test_the_table_has_a_line_for_each_row() -> None:
    orders = [Order(0.0, 0.125, 0.5), Order(70.0, 0.1, 9.0)]
    lines = table([*minutes(orders), row("all", orders)], [1.0, 2.0, 2.0]).splitlines()
    assert len(lines) == 4
    assert lines[-1].split()[:2] == ["all", "2"]
    assert lines[1].endswith("1.0")


def lived(order_id: str, *answers: Answer) -> Life:
    life = Life("ada@example.com", f"key-{order_id}", ())
    life.placing.answers += answers
    return life


def test_an_email_is_measured_from_the_201_to_its_first_copy() -> None:
    history = History(
        lives=[
            lived("o1", Answer(503, 1.0, at=100.0, retry_after=True), Answer(201, 0.5, at=102.0, order_id="o1")),
            lived("o2", Answer(201, 0.25, at=103.0, order_id="o2")),
            lived("o3", Answer(503, 0.1, at=104.0)),
        ],
        evidence=Evidence(
            notifications=(
                NotificationRow("n1", "e1", "order.placed.v1", "o1", "1"),
                NotificationRow("n2", "e2", "order.placed.v1", "o2", "2"),
                NotificationRow("n9", "e9", "user.registered.v1", "", "0"),
            ),
            deliveries=tuple(
                DeliveryRow(f"d{n}", f"n{n}", "ada@example.com", "sent", "", ("sent",)) for n in (1, 2, 9)
            ),
            mails=(Mail("d1", "ada", 110.0), Mail("d1", "ada", 104.0), Mail("d9", "ada", 101.0)),
        ),
    )
    assert measured(history, 100.0) == [Order(0.0, 2.5, 1.5), Order(3.0, 0.25, None)]
