"""A new host's databases come back, also when the first attempt was cut off."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins import ROOT

sys.path[:0] = [str(ROOT / "roles" / role / "files") for role in ("backup", "base")]
command = importlib.import_module("longhouse_backup.command")
plan = importlib.import_module("longhouse_backup.plan")
programs = importlib.import_module("longhouse_backup.programs")
restoring = importlib.import_module("longhouse_backup.restoring")

# What the host has: the canary's table is there from the moment in which pgbackrest begins.
PROGRAMS = {
    "runuser": 'shift 3; exec "$@"',
    "systemctl": "echo active",
    "pgbackrest": """case "$(cat {folder}/end)" in
refused) echo "ERROR: no key" >&2; exit 1 ;;
killed) touch {folder}/canary; echo "ERROR: killed" >&2; exit 1 ;;
*) touch {folder}/canary ;;
esac""",
    "psql": """case "$(cat)" in
*to_regclass*canary*) test -e {folder}/canary && echo t || echo f ;;
*pg_is_in_recovery*) echo f ;;
*max\\(moment\\)*) echo 1795000000 ;;
*) echo 1 ;;
esac""",
}


@pytest.fixture
def restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """`restore(end=…)`: what disaster.yml runs, on a host whose pgbackrest is refused, killed, or does its work."""
    for name, script in PROGRAMS.items():
        (tmp_path / name).write_text("#!/bin/sh\n" + script.format(folder=tmp_path) + "\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(importlib.import_module("longhouse_backup.turns"), "LOCKED", tmp_path)
    for name in ("MARK", "BEGUN"):
        monkeypatch.setattr(restoring, name, tmp_path / "state" / f"{name.lower()}.json")
    request = restoring.request_of(command._parser().parse_args(["restore", "--repository", "2", "--empty-host"]))

    def run(end: str = "") -> dict[str, Any]:
        (tmp_path / "end").write_text(end)
        return dict(restoring.restore(plan.Plan((1, 2), 600, 120, {}), request))

    return run


def test_what_was_cut_off_is_done_again(restore: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(programs.BackupError, match="killed"):
        restore("killed")
    assert not restoring.MARK.exists()
    assert restore()["restored"] == "all"
    assert (restoring.MARK.exists(), restoring.BEGUN.exists()) == (True, False)


def test_a_host_whose_databases_came_back_is_not_new(restore: Callable[..., dict[str, Any]]) -> None:
    restore()
    with pytest.raises(programs.BackupError, match="not new"):
        restore()


def test_a_refused_attempt_leaves_a_host_that_may_be_used(restore: Callable[..., dict[str, Any]]) -> None:
    """Nothing came back, so what is written from now on is not of a restore that was cut off."""
    with pytest.raises(programs.BackupError, match="no key"):
        restore("refused")
    assert not restoring.BEGUN.exists()
