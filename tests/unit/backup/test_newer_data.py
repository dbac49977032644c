"""A restore into the past gives nothing up that nobody spoke of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from longhouse_backup import programs, whole_cluster

from tests.unit.backup.conftest import Host

PSQL = """case "$(cat)" in
*INSERT*) date +%s > {folder}/newest ;;
*max*) cat {folder}/newest ;;
esac"""


def test_data_of_the_running_minute_is_newer_than_a_moment_ago(host: Host) -> None:
    folder = host(psql=PSQL)
    now = datetime.now(UTC)
    (folder / "newest").write_text(f"{(now - timedelta(seconds=50)).timestamp()}\n")
    with pytest.raises(programs.BackupError, match="newer than the target"):
        whole_cluster.refuse_newer(now - timedelta(seconds=20))
