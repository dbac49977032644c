"""Backups of several kinds that are due at once, and those a restart of the server cuts off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import longhouse_record as record
import pytest
from longhouse_backup import plan, programs, taking

from tests.unit.backup.conftest import Host

# As pgBackRest itself: whoever comes second is refused.
PGBACKREST = """case "$*" in
*info*) echo '[{{"repo": [{{"status": {{"code": 0}}}}], "backup": [{{"type": "full", "label": "x",
    "timestamp": {{"stop": 1}}, "info": {{"repository": {{}}}}}}]}}]' ;;
*backup*) mkdir {folder}/busy || {{ echo "ERROR: [050]: unable to acquire lock" >&2; exit 1; }}
    sleep 0.3; rmdir {folder}/busy ;;
esac"""


def test_they_wait_for_each_other(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = host(pgbackrest=PGBACKREST, psql="echo noon")
    monkeypatch.setattr(taking, "RECORD", folder / "record.json")
    wanted = plan.Plan((1, 2), 0, 0, {})

    def take(kind: str) -> Any:
        return taking.take(wanted, kind)

    with ThreadPoolExecutor() as pool:
        list(pool.map(take, ("full", "incr", "diff")))
    backups = record.read(folder / "record.json")["backups"]
    assert {place: backup["error"] for place, backup in backups.items()} == {"1/full": None, "2/full": None}


# The first backup fails; what the server answers is `since`, and `later` from then on.
CUT_OFF = """case "$*" in
*info*) echo '[{{"repo": [{{"status": {{"code": 0}}}}], "backup": [{{"type": "incr", "label": "x",
    "timestamp": {{"stop": 1}}, "info": {{"repository": {{}}}}}}]}}]' ;;
*backup*) echo >> {folder}/tries; test -f {folder}/cut && exit 0
    touch {folder}/cut; echo "ERROR: [057]: unexpected backend termination" >&2; exit 57 ;;
esac"""
SERVER = "test -f {folder}/cut && echo %s || echo noon"


def cut_off(host: Host, monkeypatch: pytest.MonkeyPatch, *, later: str) -> int:
    """How often a backup was tried when the first try failed and the server then says to run since `later`."""
    folder = host(pgbackrest=CUT_OFF, psql=SERVER % later)
    monkeypatch.setattr(taking, "RECORD", folder / "record.json")
    try:
        taking.take(plan.Plan((1,), 0, 0, {}), "incr")
    finally:
        tries = len((folder / "tries").read_text().splitlines())
        error = record.read(folder / "record.json")["backups"]["1/incr"]["error"]
        assert (error is None) == (tries == 2)
    return tries


def test_a_restart_of_the_server_only_delays_a_backup(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut_off(host, monkeypatch, later="five past") == 2


def test_a_backup_that_fails_by_itself_is_told_at_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(programs.BackupError, match="unexpected backend termination"):
        cut_off(host, monkeypatch, later="noon")


def test_a_server_that_does_not_come_back_fails_the_backup(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "SERVER_PATIENCE", 0.1)
    with pytest.raises(programs.BackupError, match="unexpected backend termination"):
        cut_off(host, monkeypatch, later="five past; test -f {folder}/cut && exit 2")
