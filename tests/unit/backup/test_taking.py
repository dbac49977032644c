"""Backups of several kinds that are due at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import longhouse_record as record
import pytest
from longhouse_backup import plan, taking

from tests.unit.backup.conftest import Host

# As pgBackRest itself: whoever comes second is refused.
PGBACKREST = """case "$*" in
*info*) echo '[{{"repo": [{{"status": {{"code": 0}}}}], "backup": [{{"type": "full", "label": "x",
    "timestamp": {{"stop": 1}}, "info": {{"repository": {{}}}}}}]}}]' ;;
*backup*) mkdir {folder}/busy || {{ echo "ERROR: [050]: unable to acquire lock" >&2; exit 1; }}
    sleep 0.3; rmdir {folder}/busy ;;
esac"""


def test_they_wait_for_each_other(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = host(pgbackrest=PGBACKREST)
    monkeypatch.setattr(taking, "RECORD", folder / "record.json")
    wanted = plan.Plan((1, 2), 0, 0, {})

    def take(kind: str) -> Any:
        return taking.take(wanted, kind)

    with ThreadPoolExecutor() as pool:
        list(pool.map(take, ("full", "incr", "diff")))
    backups = record.read(folder / "record.json")["backups"]
    assert {place: backup["error"] for place, backup in backups.items()} == {"1/full": None, "2/full": None}
