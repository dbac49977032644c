"""The record that backups and drills share."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.unit.plugins import ROOT

sys.path.insert(0, str(ROOT / "roles" / "base" / "files"))
record = importlib.import_module("longhouse_record")

GOOD: dict[str, Any] = {"label": "a", "succeeded": 100, "bytes": 7, "seconds": 1.5, "error": None}
DRILL: dict[str, Any] = {
    "verdict": "proven", "reason": None, "ended": 90, "rpo_seconds": 2.5, "rto_seconds": 3.5, "bytes": 9,
}  # fmt: skip


def test_runs_that_end_together_all_find_their_place(tmp_path: Path) -> None:
    file, metrics = tmp_path / "record.json", tmp_path / "metrics.prom"

    def end(number: int) -> None:
        record.remember_backup(file, f"{number}/full", GOOD)
        record.publish(file, file, metrics)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, range(64)))
    assert set(record.read(file)["backups"]) == {f"{number}/full" for number in range(64)}
    assert metrics.read_text().count("longhouse_backup_size_bytes{") == 64


def test_a_failed_drill_keeps_the_time_of_the_last_good_one(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    record.remember_drill(file, DRILL)
    record.remember_drill(file, DRILL | {"verdict": "failed", "ended": 200})
    assert record.read(file)["drill"]["succeeded"] == 90


def test_all_that_a_drill_of_files_measured_is_told_apart_from_the_databases() -> None:
    text = record.exposition({"backups": {}, "drill": DRILL | {"succeeded": 90}}, of="files")
    told = {line.split()[0]: line.split()[1] for line in text.splitlines() if not line.startswith("#")}
    assert told == {
        f'longhouse_restore_drill_{name}{{of="files"}}': value
        for name, value in {
            "success": "1", "last_run_timestamp_seconds": "90", "last_success_timestamp_seconds": "90",
            "rpo_seconds": "2.5", "rto_seconds": "3.5", "bytes": "9",
        }.items()
    }  # fmt: skip
