"""A new host's databases come back, also when the first attempt was cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from longhouse_backup import command, plan, programs, restoring, whole_cluster

from tests.unit.backup.conftest import Host

# What the host has: the canary's table is there from the moment in which pgbackrest begins.
PROGRAMS = {
    "systemctl": 'echo "$*" >> {folder}/units; echo active',
    "pgbackrest": """flock --nonblock {folder} touch {folder}/interrupted
case "$(cat {folder}/end)" in
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
def restore(host: Host, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """`restore(end=…)`: what disaster.yml runs, on a host whose pgbackrest is refused, killed, or does its work."""
    folder = host(**PROGRAMS)
    for name in ("MARK", "BEGUN"):
        monkeypatch.setattr(restoring, name, folder / "state" / f"{name.lower()}.json")
    request = restoring.request_of(command._parser().parse_args(["restore", "--repository", "2", "--empty-host"]))

    def run(end: str = "") -> dict[str, Any]:
        (folder / "end").write_text(end)
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


def test_a_restore_ends_the_backup_that_runs_and_lets_none_begin(
    restore: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    restore()
    words = (tmp_path / "units").read_text().splitlines()
    assert words.index("stop longhouse-backup@*.service") < words.index(f"stop {whole_cluster.UNIT}")
    assert not (tmp_path / "interrupted").exists()
