"""What `lhctl status` tells a person."""

from __future__ import annotations

from typing import Any

import pytest

from lhctl import doctor, status
from lhctl.desired import Wanted
from tests.unit.lhctl.fakes import World
from tests.unit.lhctl.test_doctor import evidence


def shown(**changes: Any) -> str:
    found: dict[str, Any] = {
        "services": [],
        "events_problem": None,
        "last_backup": None,
        "last_restore_drill": None,
        "last_snapshot_drill": None,
    }
    return status.table(found | changes)


@pytest.mark.parametrize("stopped", ["longhouse-order@blue.service", "longhouse-order-fleet@blue.service"])
def test_a_service_whose_web_unit_or_fleet_is_down_is_failing(world: World, stopped: str) -> None:
    world.layout.unit_files.mkdir(parents=True)
    (world.layout.unit_files / "longhouse-order-fleet@.service").touch()
    world.converge(world.wanted("1"))
    (before,) = status.collect(world.host)["services"]
    assert before["state"] == "live"
    world.units.stop(stopped)
    (after,) = status.collect(world.host)["services"]
    assert after["state"] == "failing"
    assert after["programs"] == {"supervisord": "STOPPED"}


def test_a_service_without_a_fleet_is_live_without_one(world: World) -> None:
    world.converge(world.wanted("1", fleet=False))
    (service,) = status.collect(world.host)["services"]
    assert (service["state"], service["programs"]) == ("live", {})


def test_a_retired_service_is_said_to_be_and_is_no_trouble(world: World) -> None:
    world.converge(world.wanted("1"))
    world.converge(Wanted("order", "retired"))
    (service,) = status.collect(world.host)["services"]
    assert (service["state"], service["active"]) == ("retired", None)
    assert doctor.diagnose(evidence(service)) == []


def test_it_names_the_newest_backup_of_each_repository() -> None:
    text = shown(
        last_backup={"1/full": {"succeeded": 0}, "1/incr": {"succeeded": 1769860800}, "2/full": {"succeeded": None}}
    )
    assert "last backup in repository 1: 2026-01-31 12:00 UTC" in text
    assert "last backup in repository 2: never" in text


def test_it_says_what_the_drill_proved_or_why_it_did_not() -> None:
    drill = {"verdict": "proven", "ended": 1769860800, "rpo_seconds": 11.1, "rto_seconds": 59.4, "reason": None}
    assert "proven 2026-01-31 12:00 UTC, 11.1 s of data at risk, back in 59.4 s" in shown(last_restore_drill=drill)
    failed = drill | {"verdict": "failed", "reason": "repository 2 has no backup"}
    assert "failed 2026-01-31 12:00 UTC, repository 2 has no backup" in shown(last_restore_drill=failed)
    assert "last snapshot drill: proven" in shown(last_snapshot_drill=drill)


def test_it_says_who_did_not_answer() -> None:
    assert "queues and outboxes: RabbitMQ does not answer" in shown(events_problem="RabbitMQ does not answer")
