"""A restore into the past gives nothing up that nobody spoke of."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.plugins import ROOT

sys.path[:0] = [str(ROOT / "roles" / role / "files") for role in ("backup", "base")]
programs = importlib.import_module("longhouse_backup.programs")
whole_cluster = importlib.import_module("longhouse_backup.whole_cluster")

PROGRAMS = {
    "runuser": 'shift 3; exec "$@"',
    "psql": """case "$(cat)" in
*INSERT*) /bin/date +%s > {folder}/newest ;;
*max*) /bin/cat {folder}/newest ;;
esac""",
}


def test_data_of_the_running_minute_is_newer_than_a_moment_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in PROGRAMS.items():
        (tmp_path / name).write_text("#!/bin/sh\n" + script.format(folder=tmp_path) + "\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    now = datetime.now(UTC)
    (tmp_path / "newest").write_text(f"{(now - timedelta(seconds=50)).timestamp()}\n")
    with pytest.raises(programs.BackupError, match="newer than the target"):
        whole_cluster.refuse_newer(now - timedelta(seconds=20))
