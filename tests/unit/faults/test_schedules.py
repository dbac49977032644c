"""A seed is all it takes to see the same faults again."""

from __future__ import annotations

from tests.faults.registry import DRAWN, FAULTS, FIXED
from tests.faults.schedules import drawn, fixed


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert [drawn(7, number) for number in range(50)] == [drawn(7, number) for number in range(50)]


def test_another_seed_gives_others() -> None:
    assert [drawn(7, number).events for number in range(5)] != [drawn(8, number).events for number in range(5)]


def test_a_number_alone_gives_the_schedule_it_had_in_the_run() -> None:
    assert [drawn(7, number) for number in range(9)][8] == drawn(7, 8)


def test_many_schedules_meet_every_fault() -> None:
    met = {event.fault.name for number in range(2000) for event in drawn(1, number).events}
    assert met == {fault.name for fault in DRAWN}


def test_names_are_unique_and_the_fixed_set_exists() -> None:
    assert len({fault.name for fault in DRAWN}) == len(DRAWN)
    assert [schedule.name for schedule in fixed()] == list(FIXED)
    assert set(FIXED) <= set(FAULTS)
