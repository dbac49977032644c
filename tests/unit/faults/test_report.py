"""What the line of a schedule tells of its answers."""

from __future__ import annotations

from tests.faults.history import Answer, History, Life
from tests.faults.report import line
from tests.faults.schedules import Schedule
from tests.faults.stage import Verdict


def told(*statuses: int) -> str:
    life = Life("ada@example.com", "key", ())
    life.placing.answers += [Answer(status, 0.1) for status in statuses]
    return line(Verdict(Schedule("7/1", "7", ()), History(lives=[life]), 2.0, []))


def test_answers_that_no_client_should_see_are_told_with_the_schedule_they_came_in() -> None:
    assert "recovery  2.0 s, 1 x none, 2 x 502:" in told(201, 502, 503, 0, 502, 200)


def test_done_and_come_back_later_are_not_worth_a_word() -> None:
    assert "recovery  2.0 s:" in told(201, 503, 200)
