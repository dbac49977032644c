"""`lhctl plan` tells what a deploy would do and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

from lhctl.forecast import as_text, forecast
from tests.unit.lhctl.fakes import World


def manifest(world: World, version: str, commit: str, **wheels: tuple[str, str]) -> None:
    folder = world.places().release(version)
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        {"name": name, "version": number, "sha256": digest, "own": name == "order"}
        for name, (number, digest) in wheels.items()
    ]
    (folder / "manifest.json").write_text(json.dumps({"commit": commit, "dirty": False, "wheels": listed}))


def everything(root: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}


def test_a_release_is_told_before_it_happens_and_nothing_is_touched(world: World) -> None:
    world.configure("A=1")
    world.converge(world.wanted("1"))
    manifest(world, "1", "aaaa", order=("0.1", "11111111aa"), alpha=("1.0", "x"), gone=("3", "z"))
    manifest(world, "2", "bbbb", order=("0.1", "22222222bb"), alpha=("1.1", "y"))
    world.configure("A=2")
    before, calls = everything(world.layout.root), list(world.units.calls)
    found = forecast(world.host, world.wanted("2", setup=False, canary=(5, 50)))
    assert (everything(world.layout.root), world.units.calls) == (before, calls)
    assert (found["action"], found["why"], found["configuration"]) == ("canary", "1 runs", "changed")
    assert found["wheels"] == ["alpha 1.0 -> 1.1", "gone 3 -> -", "order 0.1 (11111111) -> 0.1 (22222222)"]
    assert "migrate" in found["steps"]
    assert "setup" not in found["steps"]
    assert found["effect"].startswith("5, 50 % of the requests first, requests move from blue")
    text = as_text(found)
    assert "commit         aaaa -> bbbb" in text
    assert "A=2" not in text


def test_nothing_to_do_and_a_held_version_are_told_too(world: World) -> None:
    world.converge(world.wanted("1"))
    found = forecast(world.host, world.wanted("1"))
    assert (found["action"], found["steps"], found["effect"]) == ("none", [], "no process is touched")
    state = world.state()
    state.quarantined["2"] = "watch: 5 of 100 answers are 5xx"
    state.write(world.places().state)
    manifest(world, "2", "bbbb")
    found = forecast(world.host, world.wanted("2"))
    assert found["action"] == "held"
    assert "5 of 100" in found["why"]
