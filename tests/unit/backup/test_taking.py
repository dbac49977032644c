"""Backups of several kinds that are due at once."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins import ROOT

sys.path[:0] = [str(ROOT / "roles" / role / "files") for role in ("backup", "base")]
plan = importlib.import_module("longhouse_backup.plan")
record = importlib.import_module("longhouse_record")
taking = importlib.import_module("longhouse_backup.taking")

# As pgBackRest does it: whoever comes second is refused.
PROGRAMS = {
    "runuser": 'shift 3; exec "$@"',
    "pgbackrest": """case "$*" in
*info*) echo '[{{"repo": [{{"status": {{"code": 0}}}}], "backup": [{{"type": "full", "label": "x",
    "timestamp": {{"stop": 1}}, "info": {{"repository": {{}}}}}}]}}]' ;;
*backup*) mkdir {folder}/busy || {{ echo "ERROR: [050]: unable to acquire lock" >&2; exit 1; }}
    sleep 0.3; rmdir {folder}/busy ;;
esac""",
}


def test_they_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in PROGRAMS.items():
        (tmp_path / name).write_text("#!/bin/sh\n" + script.format(folder=tmp_path) + "\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(taking, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(importlib.import_module("longhouse_backup.turns"), "LOCKED", tmp_path)
    wanted = plan.Plan((1, 2), 0, 0, {})

    def take(kind: str) -> Any:
        return taking.take(wanted, kind)

    with ThreadPoolExecutor() as pool:
        list(pool.map(take, ("full", "incr", "diff")))
    backups = record.read(tmp_path / "record.json")["backups"]
    assert {place: backup["error"] for place, backup in backups.items()} == {"1/full": None, "2/full": None}
