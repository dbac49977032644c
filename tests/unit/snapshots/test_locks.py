"""A repository that somebody else has locked, or whose lock a lost host left."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from longhouse_snapshot import collecting, command, plan, programs, proving, restoring, taking

# As restic 0.18 does: 11 for a lock that is in the way, which only --no-lock passes by and unlock removes.
RESTIC = """#!/usr/bin/python3 -I
import pathlib, sys
lock, words = pathlib.Path({lock!r}), sys.argv[1:]
if "unlock" in words:
    lock.unlink(missing_ok=True)
elif lock.exists() and "--no-lock" not in words:
    sys.exit(11)
elif "snapshots" in words:
    print('[{{"id": "a", "time": "2026-11-21T10:00:00Z"}}]')
elif "backup" in words:
    print('{{"message_type": "summary", "snapshot_id": "b", "data_added": 7}}')
elif "forget" in words:
    sys.exit(1)
"""


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plan whose repository has a lock."""
    (tmp_path / "lock").touch()
    (tmp_path / "restic").write_text(RESTIC.format(lock=str(tmp_path / "lock")))
    (tmp_path / "restic").chmod(0o755)
    monkeypatch.setattr(programs, "PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for module in (collecting, taking):
        monkeypatch.setattr(module, "FOLDER", tmp_path / "collected")
    monkeypatch.setattr(plan, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(plan, "METRICS", tmp_path / "metrics.prom")
    monkeypatch.setattr(proving, "SCRATCH", tmp_path / "proof")
    return plan.Plan("/repository", "shop1", (str(tmp_path),), (), {"last": 1}, {"daily": 1}, (), {})


def test_files_come_back_past_the_lock_of_a_lost_host(known: Any, tmp_path: Path) -> None:
    restoring.restore(known, tmp_path / "back", restoring.newest(known).label)
    assert (tmp_path / "lock").exists()


def test_a_lock_that_a_killed_run_left_stops_no_later_one(known: Any, tmp_path: Path) -> None:
    assert taking.take(known)["label"] == "b"
    (tmp_path / "lock").touch()
    assert proving.prove(known)["verdict"] == "proven"


def test_a_snapshot_is_good_although_older_ones_could_not_be_forgotten(known: Any, tmp_path: Path) -> None:
    with pytest.raises(programs.SnapshotError, match="forget"):
        command._run(Namespace(command="take"), known)
    assert json.loads((tmp_path / "record.json").read_text())["backups"]["files/snapshot"]["error"] is None
