"""After the switch, and in a canary: what is worse goes back by itself and is not taken again."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lhctl import runs, steering, wishes
from lhctl.command import main
from lhctl.errors import RefusedError
from lhctl.ports import Answer, Request
from tests.unit.lhctl.fakes import KilledError, World

Manner = Callable[[int], tuple[int, float]]
WELL: Manner = lambda number: (200, 0.02)  # noqa: E731
FAILING: Manner = lambda number: (500 if number % 20 == 0 else 200, 0.02)  # noqa: E731
SLOW: Manner = lambda number: (200, 0.3)  # noqa: E731


class Crowd:
    """Twenty clients, one per link, asking as often as lhctl looks; release `bad` answers in its own manner."""

    def __init__(self, world: World, bad: str = "", manner: Manner = WELL, *, named: bool = True) -> None:
        self.world, self.bad, self.manner, self.named = world, bad, manner, named
        self.asked = {"1": 0, "2": 0}

    def __call__(self, upstream: Path, now: float) -> list[Request]:
        return [request for link in range(20) for request in self._ask(upstream, link, now)]

    def _ask(self, upstream: Path, link: int, now: float) -> list[Request]:
        colour = Path(os.readlink(upstream / f"{link:02d}")).stem
        version = self.world.units.running[f"longhouse-order@{colour}.service"]
        found = []
        for _ in range(5):
            self.asked[version] += 1
            status, seconds = (self.manner if version == self.bad else WELL)(self.asked[version])
            says = (colour, version) if self.named else ("", "")
            found.append(Request(now, status, seconds, link, *says))
        return found


def crowded(world: World, **crowd: Any) -> Crowd:
    world.converge(world.wanted("1"))
    found = Crowd(world, **crowd)
    world.access.behave = found
    # The picture of the time before, as a real log has it.
    first = found(world.places().upstream, world.clock.time - 5)
    world.access.behave = lambda upstream, now: [*[first.pop() for _ in range(len(first))], *found(upstream, now)]
    return found


def unharmed(world: World) -> bool:
    state = world.state()
    return (world.serving(), state.active, state.unfinished, state.weights) == ({"1"}, "blue", None, {"blue": 20})


@pytest.mark.parametrize("named", [True, False], ids=["says who it is", "is known by its link"])
@pytest.mark.parametrize(("manner", "complaint"), [(FAILING, "5xx"), (SLOW, "p95 is 300 ms")])
def test_a_worse_release_goes_back_by_itself(world: World, manner: Manner, complaint: str, named: bool) -> None:
    crowded(world, bad="2", manner=manner, named=named)
    failure = world.converge(world.wanted("2"))["order"].failure
    assert (failure["step"], failure["serving"]) == ("watch", "1")
    assert complaint in failure["reason"]
    assert failure["log"]
    assert failure["unit"]
    assert failure["answer"].startswith("200")
    assert unharmed(world)
    assert complaint in world.state().quarantined["2"]
    assert world.converge(world.wanted("2"))["order"].action == "held"
    assert not world.places().draining("blue").exists()
    assert set(world.units.running.values()) == {"1"}


def test_a_good_release_stays_and_the_watch_says_what_it_saw(world: World) -> None:
    crowded(world)
    begun = world.clock.time
    assert world.converge(world.wanted("2"))["order"].failure == {}
    assert 5.0 <= world.clock.time - begun < 8.0
    assert "requests, 0.0% 5xx, p95 20 ms" in world.layout.events.read_text()


def test_nobody_asks_a_quiet_service_and_nobody_waits_for_it(world: World) -> None:
    world.converge(world.wanted("1"))
    begun = world.clock.time
    assert world.converge(world.wanted("2", watch_seconds=600.0))["order"].failure == {}
    assert world.clock.time - begun < 4.0
    assert "no requests came" in world.layout.events.read_text()


def test_a_log_that_is_late_is_waited_for_but_not_for_ever(world: World) -> None:
    """On a busy host the first lines take seconds; taking that for silence would pass a bad release."""
    crowded(world, bad="2", manner=FAILING)
    behave, begun = world.access.behave, world.clock.time
    late: list[Request] = []

    def lagging(upstream: Path, now: float) -> list[Request]:
        late.extend(behave(upstream, now))
        world.access.caught_up = now - begun > 6.0
        told = list(late) if world.access.caught_up else []
        late[: len(told)] = []
        return told

    world.access.behave = lagging
    assert world.converge(world.wanted("2"))["order"].failure["step"] == "watch"
    world.access.behave, world.access.caught_up = lambda upstream, now: [], False
    begun = world.clock.time
    assert world.converge(world.wanted("3"))["order"].failure == {}
    assert world.clock.time - begun < 15.0


def test_a_web_unit_that_does_not_stay_up_goes_back(world: World) -> None:
    world.converge(world.wanted("1"))
    real = world.units.states
    asked = 0

    def states(*units: str) -> Any:
        nonlocal asked
        asked += "longhouse-order@green.service" in units
        return {
            unit: replace(state, restarts=1) if "@green" in unit and asked > 4 else state
            for unit, state in real(*units).items()
        }

    world.units.states = states  # type: ignore[method-assign]
    failure = world.converge(world.wanted("2"))["order"].failure
    assert failure["step"] == "watch"
    assert "did not stay up (active, 1 restarts)" in failure["reason"]
    assert unharmed(world)


def test_a_release_that_is_no_longer_ready_goes_back_but_not_for_one_hiccup(world: World) -> None:
    world.converge(world.wanted("1"))
    real, bad = world.probe.get, {9}

    def get(socket: Path, path: str) -> Answer:
        answer = real(socket, path)
        get.count += 1  # type: ignore[attr-defined]
        return Answer(503, {}, "no database") if get.count in bad else answer  # type: ignore[attr-defined]

    get.count = 0  # type: ignore[attr-defined]
    world.probe.get = get  # type: ignore[method-assign]
    assert world.converge(world.wanted("2"))["order"].failure == {}
    get.count, bad = 0, set(range(10, 200))  # type: ignore[attr-defined]
    failure = world.converge(world.wanted("3"))["order"].failure
    assert (failure["step"], failure["answer"]) == ("watch", "503 no database")
    assert world.serving() == {"2"}


def test_a_worse_configuration_of_the_same_version_does_not_lock_the_version(world: World) -> None:
    world.configure("A=1")
    crowded(world, bad="1", manner=WELL)
    world.configure("A=2")
    world.probe.answers = {}
    behave = world.access.behave
    world.access.behave = lambda upstream, now: [
        replace(request, status=500) if request.colour == "green" else request for request in behave(upstream, now)
    ]
    assert world.converge(world.wanted("1"))["order"].failure["step"] == "watch"
    assert world.state().quarantined == {}


def test_a_canary_gets_its_share_and_then_everything(world: World) -> None:
    crowd = crowded(world)
    outcome = world.converge(world.wanted("2", canary=(5, 25, 50), soak_seconds=10.0))["order"]
    assert (outcome.action, outcome.failure) == ("canary", {})
    assert world.serving() == {"2"}
    notes = [json.loads(line)["detail"] for line in world.layout.events.read_text().splitlines() if "under way" in line]
    assert notes == [f"{count} of 20 links lead to green" for count in (1, 5, 10)]
    assert crowd.asked["2"] > 0
    assert world.state().history[-1]["kind"] == "canary"


@pytest.mark.parametrize("manner", [FAILING, SLOW])
def test_a_bad_canary_goes_back_at_its_first_share(world: World, manner: Manner) -> None:
    crowd = crowded(world, bad="2", manner=manner)
    failure = world.converge(world.wanted("2", canary=(5, 25, 50), soak_seconds=60.0))["order"].failure
    assert failure["step"] == "canary"
    assert unharmed(world)
    assert "2" in world.state().quarantined
    assert crowd.asked["2"] < 0.1 * crowd.asked["1"]


def test_without_anybody_to_share_with_there_is_no_canary(world: World) -> None:
    assert world.converge(world.wanted("1", canary=(5,)))["order"].action == "release"
    world.units.running = {}
    assert world.converge(world.wanted("2", canary=(5,)))["order"].action == "release"


def remembered(world: World, version: str) -> None:
    world.layout.desired.parent.mkdir(parents=True, exist_ok=True)
    wanted = {key: value for key, value in vars(world.wanted(version)).items() if key != "canary"}
    document = {"services": [wanted], "installer": {"file": "uv.whl", "sha256": "0"}}
    world.layout.desired.write_text(json.dumps(document))


@pytest.mark.parametrize(("wish", "serves"), [("promote", "2"), ("abort", "1")])
def test_an_operator_decides_while_the_canary_runs(world: World, wish: str, serves: str) -> None:
    crowded(world)
    remembered(world, "2")
    behave, rounds = world.access.behave, 0

    def ask(upstream: Path, now: float) -> list[Request]:
        nonlocal rounds
        rounds += 1
        if rounds == 20:
            wishes.make(world.layout, "order", wish)
        return behave(upstream, now)

    world.access.behave = ask
    begun = world.clock.time
    outcome = world.converge(world.wanted("2", canary=(5, 50), soak_seconds=1000.0))["order"]
    assert world.clock.time - begun < 30
    assert world.serving() == {serves}
    assert bool(outcome.failure) == (wish == "abort")
    assert ("2" in world.state().quarantined) == (wish == "abort")
    assert wishes.read(world.layout, "order") == ""


@pytest.mark.parametrize(("wish", "serves"), [("promote", "2"), ("abort", "1")])
def test_an_operator_decides_about_a_canary_whose_run_was_killed(world: World, wish: str, serves: str) -> None:
    cut_off(world)
    assert world.state().weights == {"green": 1, "blue": 19}
    assert world.serving() == {"1", "2"}
    options = Namespace(verb=wish, service="order")
    assert steering.steer(world.host, options, world.recorder)["failed"] == []
    assert (world.serving(), world.state().unfinished) == ({serves}, None)
    with pytest.raises(RefusedError, match="no canary is under way"):
        steering.steer(world.host, options, world.recorder)


def cut_off(world: World) -> None:
    """A canary of release 2 whose run is killed while it looks at the first share."""
    crowded(world)
    remembered(world, "2")
    behave = world.access.behave

    def die(*_: object) -> list[Request]:
        raise KilledError

    world.access.behave = die
    with pytest.raises(KilledError):
        world.converge(world.wanted("2", canary=(5,), soak_seconds=5.0))
    world.access.behave = behave


def test_after_a_reboot_a_cut_off_canary_keeps_its_share_and_the_next_run_takes_it_back(world: World) -> None:
    cut_off(world)
    world.reboot()
    for link in world.places().links():
        link.unlink()
    runs.restore_links(world.host, Namespace(), world.recorder)
    assert world.serving() == {"1", "2"}
    world.access.behave = lambda upstream, now: []
    assert world.converge(world.wanted("1"))["order"].action == "resumed"
    assert unharmed(world)


def test_an_explicit_wish_for_a_quarantined_version_fails(world: World, tmp_path: Path) -> None:
    world.converge(world.wanted("1"))
    state = world.state()
    state.quarantined["2"] = "watch: 5 of 100 answers are 5xx"
    state.write(world.places().state)
    remembered(world, "2")
    asked = tmp_path / "asked.json"
    asked.write_text(world.layout.desired.read_text())
    options = Namespace(desired=asked, only=[], canary=(), soak=None, watch=None)
    (service,) = runs.converge(world.host, options, world.recorder)["services"]
    assert "lhctl deploy order --force" in service["failure"]["reason"]
    asked.write_text(json.dumps({**json.loads(asked.read_text()), "complete": True}))
    assert runs.converge(world.host, options, world.recorder)["failed"] == []


@pytest.mark.parametrize("steps", ["0", "5,5", "50,25", "100"])
def test_percentages_must_rise_and_leave_somebody(steps: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["deploy", "order", "--canary", steps])
    assert "rising percentages" in capsys.readouterr().err
