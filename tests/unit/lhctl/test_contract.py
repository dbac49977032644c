"""What takes away from the schema: only on request, only when nobody needs it, and never a way back that is none."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from lhctl import runs
from lhctl.errors import RefusedError
from lhctl.forecast import as_text, forecast
from tests.unit.lhctl.fakes import KilledError, World

CONTRACT = "longhouse-order-contract@{}.service"
# Release 2 no longer needs what 002 takes away; release 3 adds on top of that.
REVISIONS = {
    "1": [("001", "expand")],
    "2": [("001", "expand"), ("002", "contract")],
    "3": [("001", "expand"), ("002", "contract"), ("003", "expand")],
}


@dataclass
class Database:
    """What the migration units do to it, as services/chassis does; `silent` ones die before they say where it is."""

    world: World
    applied: list[str] = field(default_factory=list)
    silent: bool = False

    def migrated(self, unit: str) -> None:
        kind = unit.partition("-order-")[2].partition("@")[0]
        if kind not in {"migrate", "contract"}:
            return
        places, colour = self.world.places(), unit.partition("@")[2].removesuffix(".service")
        version = os.path.basename(os.readlink(places.colour(colour)))
        empty = not self.applied
        for revision, phase in REVISIONS.get(version, []):
            if phase == "contract" and kind == "migrate" and not empty and revision not in self.applied:
                break
            self.applied += [revision] if revision not in self.applied else []
        if not self.silent:
            places.revision.parent.mkdir(parents=True, exist_ok=True)
            places.revision.write_text(f"{self.applied[-1]}\n")


@pytest.fixture
def database(world: World) -> Database:
    found = Database(world)
    world.units.after = found.migrated
    for version, chain in REVISIONS.items():
        listed = [{"revision": revision, "phase": phase} for revision, phase in chain]
        world.software.manifests[version] = {"migrations": listed, "wheels": []}
    return found


def release(world: World, version: str) -> dict[str, Any]:
    document = {"services": [vars(world.wanted(version))], "installer": {"file": "uv.whl", "sha256": "0"}}
    world.layout.desired.parent.mkdir(parents=True, exist_ok=True)
    world.layout.desired.write_text(json.dumps(document))
    return world.converge(world.wanted(version))["order"].failure


def command(world: World, verb: str, **options: Any) -> dict[str, Any]:
    words = Namespace(**{"service": "order", "to": "", "now": False, **options})
    found: dict[str, Any] = getattr(runs, verb)(world.host, words, world.recorder)
    return found


def deploy_anyway(world: World, version: str) -> dict[str, Any]:
    return command(world, "deploy", version=version, force=True, canary=(), soak=None, watch=None)


@pytest.fixture
def second(world: World, database: Database) -> World:
    """Release 1 is warm, release 2 serves, and 002 waits."""
    assert release(world, "1") == {}
    assert release(world, "2") == {}
    return world


def test_a_release_adds_and_leaves_for_later_what_takes_away(second: World, database: Database) -> None:
    assert database.applied == ["001"]
    assert (second.state().schema.applied, second.state().schema.contracted) == (["001"], [])
    assert not any("contract" in call for call in second.units.calls)


def test_an_empty_database_gets_everything_at_once(world: World, database: Database) -> None:
    release(world, "3")
    assert world.state().schema.applied == ["001", "002", "003"]
    assert command(world, "contract")["changed"] == []


def test_it_waits_for_the_window_of_the_release_that_needs_it(second: World, database: Database) -> None:
    with pytest.raises(RefusedError, match=r"1 is kept warm on blue until .* needs what 002"):
        command(second, "contract")
    assert command(second, "rollback")["failed"] == []
    assert second.serving() == {"1"}
    assert database.applied == ["001"]


@pytest.mark.parametrize("now", [False, True])
def test_after_the_window_it_goes_and_so_do_the_ways_back(second: World, database: Database, now: bool) -> None:
    second.clock.time += 0 if now else 601
    assert command(second, "cool", now=now)["changed"] == ["order"]
    (done,) = command(second, "contract")["services"]
    assert (done.get("failure"), done["action"], done["why"]) == ({}, "contract", "002; no way back to 1 any more")
    assert database.applied == ["001", "002"]
    assert second.units.calls.count(f"start {CONTRACT.format('green')}") == 1
    assert (second.serving(), second.state().active, second.state().unfinished) == ({"2"}, "green", None)
    for verb, options in (("rollback", {}), ("rollback", {"to": "1"})):
        with pytest.raises(RefusedError, match="1 needs what revision 002 has taken away"):
            command(second, verb, **options)
    assert second.serving() == {"2"}
    assert command(second, "contract")["changed"] == []


def test_a_deploy_of_what_the_schema_cannot_carry_never_gets_to_its_migrations(second: World) -> None:
    command(second, "cool", now=True)
    command(second, "contract")
    before = len(second.units.calls)
    failure = release(second, "1")
    assert (failure["step"], "taken away" in failure["reason"]) == ("migrate", True)
    assert not any("migrate" in call for call in second.units.calls[before:])
    assert second.serving() == {"2"}
    assert "cannot carry it" in as_text(forecast(second.host, second.wanted("1")))


@pytest.mark.parametrize("version", ["1", "2", "9"], ids=["fails", "serves already", "is not here"])
def test_a_forced_deploy_that_changes_nothing_opens_no_way_back(second: World, version: str) -> None:
    command(second, "cool", now=True)
    command(second, "contract")
    second.software.missing = {"1"}
    with suppress(RefusedError):
        deploy_anyway(second, version)
    with pytest.raises(RefusedError, match="1 needs what revision 002 has taken away"):
        command(second, "rollback", to="1")
    assert second.serving() == {"2"}


def test_after_a_restore_a_forced_deploy_asks_the_database(second: World, database: Database) -> None:
    command(second, "cool", now=True)
    command(second, "contract")
    database.applied = ["001"]
    assert deploy_anyway(second, "1")["failed"] == []
    assert second.serving() == {"1"}
    assert (second.state().schema.applied, second.state().schema.contracted) == (["001"], [])


def test_back_over_what_only_added_is_free_and_migrates_nothing(second: World, database: Database) -> None:
    command(second, "cool", now=True)
    command(second, "contract")
    assert release(second, "3") == {}
    before = len(second.units.calls)
    assert release(second, "2") == {}
    assert not any("migrate" in call for call in second.units.calls[before:])
    assert second.serving() == {"2"}
    assert database.applied == ["001", "002", "003"]


def test_what_waits_is_foretold(second: World) -> None:
    found = forecast(second.host, second.wanted("2"))
    assert (found["migrations"]["adds"], found["migrations"]["waits"]) == ([], ["002"])
    assert "lhctl contract: 002" in as_text(found)


def test_one_that_fails_leaves_every_way_open(second: World, database: Database) -> None:
    command(second, "cool", now=True)
    second.units.broken = {"longhouse-order-contract@": "LockNotAvailable"}
    (done,) = command(second, "contract")["services"]
    assert (done["failure"]["step"], done["failure"]["log"]) == ("contract", ["LockNotAvailable"])
    assert (second.state().schema.contracted, second.state().unfinished) == ([], None)
    assert second.state().quarantined == {}
    second.units.broken = {}
    assert command(second, "rollback")["failed"] == []
    assert second.serving() == {"1"}


@pytest.mark.parametrize("ran", [False, True])
def test_nobody_knows_after_a_kill_until_it_is_asked_for_again(second: World, database: Database, ran: bool) -> None:
    command(second, "cool", now=True)

    def kill(unit: str) -> None:
        if "-contract@" in unit:
            second.places().revision.unlink()
            database.silent = True
            if ran:
                database.migrated(unit)
            raise KilledError

    second.units.after = kill
    with pytest.raises(KilledError):
        command(second, "contract")
    second.units.after, database.silent = database.migrated, False
    with pytest.raises(RefusedError, match="taken away"):
        command(second, "rollback")
    assert second.serving() == {"2"}
    (done,) = command(second, "contract")["services"]
    assert done["failure"] == {}
    assert second.state().schema.applied == database.applied == ["001", "002"]


def test_a_killed_one_does_not_stop_the_next_release(second: World, database: Database) -> None:
    command(second, "cool", now=True)
    second.cutter.at = second.cutter.calls + 1
    with pytest.raises(KilledError):
        command(second, "contract")
    second.cutter.at = 0
    assert second.converge(second.wanted("2"))["order"].failure == {}
    assert (second.serving(), second.state().unfinished) == ({"2"}, None)


def test_not_while_a_canary_is_undecided(second: World) -> None:
    second.cutter.at = second.cutter.calls + 8
    with pytest.raises(KilledError):
        second.converge(second.wanted("3", canary=(5,), soak_seconds=600.0))
    second.cutter.at = 0
    assert second.state().unfinished is not None
    with pytest.raises(RefusedError, match="a canary is not finished"):
        command(second, "contract")


def test_the_end_of_a_window_does_not_end_a_canary_that_nobody_decided(second: World) -> None:
    second.cutter.at = second.cutter.calls + 18
    with pytest.raises(KilledError):
        second.converge(second.wanted("3", canary=(5,), soak_seconds=600.0))
    second.cutter.at = 0
    second.clock.time += 601
    running = dict(second.units.running)
    assert command(second, "cool")["changed"] == []
    assert second.units.running == running


def test_applications_that_tell_no_revisions_are_left_to_their_own_tools(world: World) -> None:
    release(world, "7")
    with pytest.raises(RefusedError, match="does not tell its revisions"):
        command(world, "contract")
