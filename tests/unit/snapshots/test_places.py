"""Files that come back to their places on a new host."""

from __future__ import annotations

from pathlib import Path

import pytest
from longhouse_snapshot import programs, restoring


@pytest.fixture(autouse=True)
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot with one folder, and what a killed run left of it beside its place."""
    monkeypatch.setattr(restoring, "SCRATCH", tmp_path / "restored")
    (tmp_path / "restored/state").mkdir(parents=True)
    (tmp_path / "restored/state/log").write_text("whole")
    (tmp_path / "home/.state.new").mkdir(parents=True)
    (tmp_path / "home/.state.new/half").touch()


def test_what_was_cut_off_is_not_taken_for_what_is_there(tmp_path: Path) -> None:
    target = tmp_path / "home/state"
    with pytest.raises(programs.SnapshotError):
        restoring._put(restoring.Place(Path("/state"), target, "nobody-of-that-name"))
    assert not target.exists()
    assert restoring._put(restoring.Place(Path("/state"), target, None))
    assert [(file.name, file.read_text()) for file in target.iterdir()] == [("log", "whole")]
    assert [path.name for path in target.parent.iterdir()] == ["state"]


def test_what_is_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "home/state"
    target.mkdir()
    assert not restoring._put(restoring.Place(Path("/state"), target, None))
    assert list(target.iterdir()) == []
