"""What a record becomes for people and for Prometheus."""

from __future__ import annotations

from typing import Any

import longhouse_record as record
import pytest
from longhouse_backup import programs, restoring, scratch

GOOD = {"label": "F", "succeeded": 100, "bytes": 7, "seconds": 1.5, "error": None}
DRILL: dict[str, Any] = {
    "verdict": "failed", "reason": "damaged", "succeeded": 50, "ended": 90,
    "rpo_seconds": None, "rto_seconds": 3.5, "bytes": 9,
}  # fmt: skip


def test_a_failed_run_keeps_the_time_of_the_last_good_one() -> None:
    text = record.exposition({"backups": {"2/full": GOOD | {"error": "no store"}}, "drill": None})
    assert 'longhouse_backup_last_run_success{repository="2",type="full"} 0' in text
    assert 'longhouse_backup_last_success_timestamp_seconds{repository="2",type="full"} 100' in text


def test_a_drill_that_failed_says_so_and_leaves_out_what_it_did_not_measure() -> None:
    text = record.exposition({"backups": {}, "drill": DRILL})
    assert "longhouse_restore_drill_success 0" in text
    assert "longhouse_restore_drill_last_success_timestamp_seconds 50" in text
    assert "rpo" not in text


@pytest.mark.parametrize("text", ["yesterday", "2026-11-21 10:00:00", "2999-01-01 00:00:00+00"])
def test_a_target_nobody_can_be_sure_about_is_refused(text: str) -> None:
    with pytest.raises(programs.BackupError):
        restoring._time(text)


def test_a_scratch_cluster_never_archives() -> None:
    assert scratch.SETTINGS["archive_mode"] == "off"
    assert scratch.SETTINGS["archive_command"] == "/bin/false"
    assert scratch.SETTINGS["listen_addresses"] == ""
