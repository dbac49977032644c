"""Going back, quarantine, retirement, and small repairs."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from lhctl import runs
from lhctl.desired import Wanted
from lhctl.errors import RefusedError
from tests.unit.lhctl.fakes import World

WEB, FLEET = "longhouse-order@{}.service", "longhouse-order-fleet@{}.service"


def command(world: World, verb: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = getattr(runs, verb)(
        world.host, Namespace(**{"canary": (), "soak": None, "watch": None, "now": False, **options}), world.recorder
    )
    return found


@pytest.fixture
def twice(world: World) -> World:
    """Release 1 on blue, warm; release 2 on green, serving."""
    for version in ("1", "2"):
        world.converge(world.wanted(version))
    world.remember(world.wanted("2"))
    return world


def test_back_to_the_warm_colour_starts_no_web_unit_and_migrates_nothing(twice: World) -> None:
    before = len(twice.units.calls)
    assert command(twice, "rollback", service="order", to="")["failed"] == []
    assert twice.serving() == {"1"}
    assert not twice.places().draining("blue").exists()
    assert not any("migrate" in call or "preflight" in call for call in twice.units.calls[before:])
    assert FLEET.format("blue") in twice.units.running
    assert FLEET.format("green") not in twice.units.running


def test_what_was_rolled_back_is_not_taken_again_by_itself(twice: World) -> None:
    command(twice, "rollback", service="order", to="")
    outcome = twice.converge(twice.wanted("2"))["order"]
    assert (outcome.action, outcome.changed) == ("held", False)
    assert twice.serving() == {"1"}
    with pytest.raises(RefusedError, match="quarantined"):
        command(twice, "deploy", service="order", version="2", force=False)
    assert command(twice, "deploy", service="order", version="2", force=True)["failed"] == []
    assert twice.serving() == {"2"}


def test_back_after_the_window_starts_the_kept_release(twice: World) -> None:
    twice.clock.time += 601
    assert command(twice, "cool", service="order")["changed"] == ["order"]
    assert WEB.format("blue") not in twice.units.running
    command(twice, "rollback", service="order", to="")
    assert twice.serving() == {"1"}


def test_the_window_is_not_ended_early(twice: World) -> None:
    twice.clock.time += 300
    assert command(twice, "cool", service="order")["changed"] == []
    assert WEB.format("blue") in twice.units.running


def test_back_to_an_older_kept_release(twice: World) -> None:
    twice.converge(twice.wanted("3"))
    command(twice, "rollback", service="order", to="1")
    assert twice.serving() == {"1"}


def test_back_to_nothing_is_refused_with_what_there_is(twice: World) -> None:
    with pytest.raises(RefusedError, match="kept: 1, 2"):
        command(twice, "rollback", service="order", to="0.9")


def test_one_release_has_no_way_back(world: World) -> None:
    world.converge(world.wanted("1"))
    world.remember(world.wanted("1"))
    with pytest.raises(RefusedError, match="nothing served before"):
        command(world, "rollback", service="order", to="")


def test_a_retired_service_leaves_only_its_history(twice: World) -> None:
    outcome = twice.converge(Wanted("order", "retired"))["order"]
    assert outcome.action == "retire"
    assert (twice.units.running, twice.units.enabled, twice.serving()) == ({}, set(), {"nobody"})
    assert not twice.places().runtime.exists()
    assert list(twice.places().releases.iterdir()) == []
    assert twice.state().history[-1]["kind"] == "retire"
    assert not twice.converge(Wanted("order", "retired"))["order"].changed


def test_ending_services_takes_no_installer(twice: World) -> None:
    assert command(twice, "retire", services=["order", "never_heard_of"], all_but=None)["changed"] == ["order"]


def test_whatever_is_not_named_is_ended(twice: World) -> None:
    assert command(twice, "retire", services=[], all_but=["order"])["changed"] == []
    assert command(twice, "retire", services=[], all_but=["user"])["changed"] == ["order"]


def test_a_service_that_a_complete_document_forgot_is_retired(twice: World) -> None:
    assert twice.converge(twice.wanted("1", name="user"))["user"].action == "release"
    outcomes = twice.converge(twice.wanted("1", name="user"), complete=True)
    assert (outcomes["order"].action, outcomes["user"].action) == ("retire", "unchanged")


def test_a_planned_service_is_installed_and_not_started(world: World) -> None:
    assert world.converge(world.wanted("1", state="planned"))["order"].action == "prepare"
    assert world.units.changes() == []
    assert (world.places().release("1") / "manifest.json").exists()
    assert not world.converge(world.wanted("1", state="planned"))["order"].changed


def test_a_live_service_that_becomes_planned_is_withdrawn(twice: World) -> None:
    assert twice.converge(twice.wanted("2", state="planned"))["order"].action == "withdraw"
    assert (twice.units.running, twice.serving()) == ({}, {"nobody"})
    assert twice.converge(twice.wanted("2"))["order"].action == "release"
    assert twice.serving() == {"2"}


@pytest.mark.parametrize("damage", ["links", "draining flag", "fleet", "start at boot"])
def test_what_deviates_is_mended_around_the_serving_unit(world: World, damage: str) -> None:
    world.converge(world.wanted("1"))
    if damage == "links":
        world.places().links()[7].unlink()
    elif damage == "draining flag":
        world.places().draining("blue").touch()
    elif damage == "fleet":
        del world.units.running[FLEET.format("blue")]
    else:
        world.units.enabled.clear()
    before = len(world.units.calls)
    outcome = world.converge(world.wanted("1"))["order"]
    assert (outcome.action, outcome.why) == ("repair", damage)
    assert not any(
        WEB.format("blue") in call for call in world.units.calls[before:] if call.startswith(("start", "stop"))
    )
    assert not world.converge(world.wanted("1"))["order"].changed


def test_a_dead_web_unit_is_replaced_by_the_other_colour(world: World) -> None:
    world.converge(world.wanted("1"))
    del world.units.running[WEB.format("blue")]
    assert world.converge(world.wanted("1"))["order"].why == f"{WEB.format('blue')} is inactive"
    assert (world.serving(), world.state().active) == ({"1"}, "green")


def test_systemd_is_told_of_files_that_a_dead_play_wrote(world: World) -> None:
    world.converge(world.wanted("1"))
    world.units.is_stale = True
    before = world.units.calls.count("reload")
    assert not world.converge(world.wanted("1"))["order"].changed
    assert world.units.calls.count("reload") == before + 1
