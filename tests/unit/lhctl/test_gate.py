"""Orders to the edge are files: whole ones, for services that exist, and a hold always ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lhctl.errors import RefusedError
from lhctl.gate import Gate
from lhctl.gate_command import split
from lhctl.layout import Layout


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "var/lib/longhouse").mkdir(parents=True)
    for name in ("order", "user"):
        (tmp_path / f"var/lib/longhouse/{name}.json").write_text("{}")
    return Gate(Layout(tmp_path))


def test_maintenance_is_on_until_it_is_taken_away(gate: Gate, tmp_path: Path) -> None:
    gate.close("order", 30)
    assert (tmp_path / "var/lib/longhouse/maintenance/order").read_text() == "30\n"
    assert gate.under_maintenance() == ["order"]
    gate.open("order")
    gate.open("order")
    assert gate.under_maintenance() == []


def test_no_service_means_all_and_an_unknown_one_is_refused(gate: Gate) -> None:
    gate.close("order", 30)
    assert gate.chosen([]) == ["order", "user"]
    with pytest.raises(RefusedError, match="no service named shop here; known: order, user"):
        gate.chosen(["order", "shop"])


def test_a_hold_says_when_it_ends_and_nothing_waits_for_ever(gate: Gate, tmp_path: Path) -> None:
    gate.hold([], 10)
    with pytest.raises(RefusedError, match="longer than 60"):
        gate.hold(["order"], 61)
    assert not (tmp_path / "run/longhouse-edge/hold/order").exists()


def test_a_release_lets_all_go(gate: Gate, tmp_path: Path) -> None:
    place = tmp_path / "run/longhouse-edge/hold/order"
    place.parent.mkdir(parents=True)
    place.write_text(f"{time.time() + 10}\n")
    gate.release(["order", "user"])
    assert not place.exists()


def test_the_command_after_the_dashes_is_not_lhctls() -> None:
    words = ["hold", "order", "--seconds", "5", "--", "systemctl", "restart", "--no-block", "x"]
    assert split(words) == (["hold", "order", "--seconds", "5"], ["systemctl", "restart", "--no-block", "x"])
    assert split(["status", "--json"]) == (["status", "--json"], [])
