"""SIGKILL before every single effect: the site serves all the time, and the next run brings it to what is wanted."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from lhctl import runs
from tests.unit.lhctl.fakes import KilledError, World

LINKS_LIKE_THE_ONE_BEFORE = {f"{number:02d}" for number in range(20)} - {"00", "07", "19"}

Change = Callable[[World], object]


def release(world: World) -> object:
    return world.converge(world.wanted("2"))


def canary(world: World) -> object:
    return world.converge(world.wanted("2", canary=(5,), soak_seconds=0.0, watch_seconds=0.1))


def failing_release(world: World) -> object:
    world.units.broken = {"longhouse-order-fleet@green": "no broker"}
    return world.converge(world.wanted("2"))


def rollback(world: World) -> object:
    world.places().layout.desired.parent.mkdir(parents=True, exist_ok=True)
    document = {"services": [vars(world.wanted("1"))], "installer": {"file": "uv.whl", "sha256": "0"}}

    world.layout.desired.write_text(json.dumps(document))
    return runs.rollback(world.host, Namespace(service="order", to=""), world.recorder)


def prepared(root: Path, change: Change) -> World:
    world = World(root)
    world.converge(world.wanted("1"))
    if change is rollback:
        world.converge(world.wanted("2"))
    return world


def count_calls(root: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> int:
    world = prepared(root, change)
    _watch_renames(world, monkeypatch)
    world.cutter.calls = 0
    change(world)
    return world.cutter.calls


def _watch_renames(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """State files and links change by rename; each is a place to be killed at too."""
    real = os.replace

    def replace(source: os.PathLike[str], target: os.PathLike[str]) -> None:
        # Of twenty links in a row, three show it.
        if os.path.basename(target) not in LINKS_LIKE_THE_ONE_BEFORE:
            world.cutter.tick()
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)


@pytest.mark.parametrize(
    ("change", "reboots"),
    [(release, False), (release, True), (canary, False), (failing_release, False), (rollback, False)],
)
def test_killed_before_every_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, reboots: bool
) -> None:
    with monkeypatch.context() as patch:
        total = count_calls(tmp_path / "count", change, patch)
    assert total > 20
    for at in range(1, total + 1):
        world = prepared(tmp_path / str(at), change)
        with monkeypatch.context() as patch:
            _watch_renames(world, patch)
            world.cutter.calls, world.cutter.at = 0, at
            with pytest.raises(KilledError):
                change(world)
        world.cutter.at = 0
        place = f"killed at effect {at} of {total}"
        if reboots:
            world.reboot()
            runs.restore_links(world.host, Namespace(), world.recorder)
        assert "nobody" not in world.serving(), place
        assert world.serving() <= {"1", "2"}, place
        _next_run_settles(world, place)


def _next_run_settles(world: World, place: str) -> None:
    world.units.broken = {}
    outcome = world.converge(world.wanted("3"))["order"]
    assert outcome.failure == {}, place
    state = world.state()
    assert world.serving() == {"3"}, place
    assert (state.unfinished, state.weights) == (None, {state.active: 20}), place
    assert world.units.enabled == {
        f"longhouse-order@{state.active}.service",
        f"longhouse-order-fleet@{state.active}.service",
    }
    fleets = [unit for unit in world.units.running if "-fleet@" in unit]
    assert fleets == [f"longhouse-order-fleet@{state.active}.service"], place
    assert not world.places().draining(state.active).exists(), place


def test_a_run_cut_off_after_the_proof_goes_forward(world: World) -> None:
    """Not back: the new colour serves already, and going back would be a second switch for nothing."""
    world.converge(world.wanted("1"))
    world.connections.count = _killing  # type: ignore[method-assign,assignment]
    with pytest.raises(KilledError):
        world.converge(world.wanted("2"))
    world.connections.count = lambda *_: 0  # type: ignore[method-assign]
    outcome = world.converge(world.wanted("2"))["order"]
    assert (outcome.action, world.serving()) == ("resumed", {"2"})
    assert "switch undone" not in world.steps()
    assert world.steps().count("start done") == 2


def _killing(*_: object) -> int:
    raise KilledError
