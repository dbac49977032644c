"""The release way, step by step, and what it leaves alone."""

from __future__ import annotations

import pytest

from lhctl.ports import Answer
from tests.unit.lhctl.fakes import World

WAY = [
    "install", "assign", "preflight", "migrate", "setup", "start", "smoke", "enable", "switch", "verify", "watch",
    "drain", "handover", "settle", "finish",
]  # fmt: skip
WEB, FLEET = "longhouse-order@{}.service", "longhouse-order-fleet@{}.service"


def test_the_first_release_goes_the_whole_way_to_blue(world: World) -> None:
    outcome = world.converge(world.wanted("1"))["order"]
    assert (outcome.action, outcome.failure) == ("release", {})
    assert world.steps() == [f"{step} done" for step in WAY]
    assert world.serving() == {"1"}
    assert world.units.enabled == {WEB.format("blue"), FLEET.format("blue")}
    assert set(world.units.running) == world.units.enabled
    state = world.state()
    assert (state.active, state.weights, state.unfinished) == ("blue", {"blue": 20}, None)


def test_a_second_run_touches_nothing(world: World) -> None:
    world.converge(world.wanted("1"))
    before = list(world.units.calls)
    assert not world.converge(world.wanted("1"))["order"].changed
    assert world.units.calls == before


def test_a_new_version_takes_the_other_colour_and_keeps_the_old_one_warm(world: World) -> None:
    world.converge(world.wanted("1"))
    world.converge(world.wanted("2"))
    assert world.serving() == {"2"}
    assert world.units.running == {WEB.format("blue"): "1", WEB.format("green"): "2", FLEET.format("green"): "2"}
    assert world.units.enabled == {WEB.format("green"), FLEET.format("green")}
    assert world.places().draining("blue").exists()
    assert world.units.timers == {"longhouse-order-cool": 600}


def test_without_a_rollback_window_the_old_colour_ends(world: World) -> None:
    world.converge(world.wanted("1"))
    world.converge(world.wanted("2", keep_warm_seconds=0))
    assert set(world.units.running) == {WEB.format("green"), FLEET.format("green")}


def test_the_old_fleet_ends_only_after_the_new_one_runs(world: World) -> None:
    world.converge(world.wanted("1"))
    world.converge(world.wanted("2"))
    calls = world.units.calls
    assert (
        calls.index(f"start {FLEET.format('green')}")
        < len(calls) - calls[::-1].index(f"stop {FLEET.format('blue')}") - 1
    )


def test_a_changed_configuration_is_released_like_a_new_version(world: World) -> None:
    world.configure("A=1")
    world.converge(world.wanted("1"))
    world.configure("A=2")
    outcome = world.converge(world.wanted("1"))["order"]
    assert outcome.why == "its configuration changed"
    assert world.state().active == "green"
    assert not world.converge(world.wanted("1"))["order"].changed


def test_other_services_keep_their_processes(world: World) -> None:
    order, user = world.wanted("1"), world.wanted("1", name="user")
    world.converge(order, user)
    before = len(world.units.calls)
    outcomes = world.converge(world.wanted("2"), user)
    assert (outcomes["order"].changed, outcomes["user"].changed) == (True, False)
    assert not any("longhouse-user" in call for call in world.units.calls[before:])


def test_a_service_without_fleet_migrations_or_setup_needs_none(world: World) -> None:
    world.converge(world.wanted("1", fleet=False, migrate=False, setup=False))
    started = [call for call in world.units.calls if call.startswith("start")]
    assert started == [f"start {WEB.format('blue')}"]


def test_a_change_of_configuration_migrates_nothing(world: World) -> None:
    """Nor does a first release ask whether it can be imported: it has nothing to spare, and its start tells."""
    world.converge(world.wanted("1"))
    world.configure("A=2")
    world.converge(world.wanted("1"))
    tasks = [call.partition("order-")[2] for call in world.units.calls if call.startswith("start") and "order-" in call]
    assert [task for task in tasks if not task.startswith("fleet")] == [
        "migrate@blue.service", "setup@blue.service", "preflight@green.service", "setup@green.service",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "step"),
    [
        ("longhouse-order-preflight@", "preflight"),
        ("longhouse-order-migrate@", "migrate"),
        ("longhouse-order-setup@", "setup"),
        ("longhouse-order@green", "start"),
        ("longhouse-order-fleet@green", "start"),
    ],
)
def test_a_unit_that_fails_leaves_everything_as_it_was(world: World, unit: str, step: str) -> None:
    world.converge(world.wanted("1"))
    before = (dict(world.units.running), set(world.units.enabled))
    world.units.broken = {unit: "ModuleNotFoundError: No module named 'orders'"}
    failure = world.converge(world.wanted("2"))["order"].failure
    assert (failure["step"], failure["log"]) == (step, ["ModuleNotFoundError: No module named 'orders'"])
    assert failure["unit"].startswith(unit)
    assert failure["serving"] == "1"
    assert world.serving() == {"1"}
    assert (world.units.running, world.units.enabled) == before
    assert (world.state().unfinished, list(world.state().colours)) == (None, ["blue"])
    assert not world.places().draining("blue").exists()


def test_an_artifact_that_is_missing_stops_before_anything_starts(world: World) -> None:
    world.software.missing = {"1"}
    assert world.converge(world.wanted("1"))["order"].failure["step"] == "install"
    assert [call for call in world.units.calls if call.startswith("start")] == []


def test_a_full_disk_is_a_failed_step_and_not_a_broken_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.converge(world.wanted("1"))

    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.software, "install", full)
    outcomes = world.converge(world.wanted("2"), world.wanted("1", name="user"))
    assert "No space left" in outcomes["order"].failure["reason"]
    assert (world.serving(), world.state().unfinished) == ({"1"}, None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"version": "1", "colour": "green"}, "the old version"),
        Answer(200, {"version": "2", "colour": "blue"}, "the other colour"),
        Answer(503, {"version": "2", "colour": "green"}, "not ready"),
        Answer(0, {}, "no answer"),
    ],
)
def test_only_answers_of_the_expected_release_count(world: World, answer: Answer) -> None:
    world.converge(world.wanted("1"))
    world.probe.answers = {"2": answer}
    failure = world.converge(world.wanted("2"))["order"].failure
    assert (failure["step"], failure["answer"]) == ("smoke", str(answer))
    assert world.serving() == {"1"}
    assert WEB.format("green") not in world.units.running


def test_a_release_that_stops_answering_through_the_links_is_taken_back(world: World) -> None:
    """It passed its smoke on its own socket; seen through the links it fails."""
    world.converge(world.wanted("1"))
    switched = world.probe.get

    def get(socket: object, path: str) -> Answer:
        through_link = "upstream" in str(socket)
        return Answer(502, {}, "bad gateway") if through_link else switched(socket, path)  # type: ignore[arg-type]

    world.probe.get = get  # type: ignore[method-assign]
    before = (dict(world.units.running), set(world.units.enabled))
    assert world.converge(world.wanted("2"))["order"].failure["step"] == "verify"
    assert world.serving() == {"1"}
    assert world.state().active == "blue"
    assert (world.units.running, world.units.enabled) == before


def test_draining_waits_for_the_last_connection_but_not_for_ever(world: World) -> None:
    world.converge(world.wanted("1"))
    world.connections.open_for = 40
    begun = world.clock.time
    world.converge(world.wanted("2", watch_seconds=0.0))
    assert 2.0 < world.clock.time - begun < 4.0
    world.connections.open_for = 10_000
    begun = world.clock.time
    world.converge(world.wanted("3", drain_seconds=5, watch_seconds=0.0))
    assert 5.0 <= world.clock.time - begun < 7.0
    assert world.serving() == {"3"}


def test_old_releases_go_and_the_last_five_stay(world: World) -> None:
    for number in range(1, 9):
        world.converge(world.wanted(str(number)))
    assert sorted(path.name for path in world.places().releases.iterdir()) == ["4", "5", "6", "7", "8"]
