"""Archives of logs and metrics: they outlive what the host itself keeps of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from longhouse_snapshot.plan import Plan
from longhouse_snapshot.programs import SnapshotError, run
from longhouse_snapshot.taking import take_files

JOURNAL = Path("/var/log/journal")
METRICS = Path("/var/lib/prometheus/metrics2")
ATTEMPTS = 3


def archives_of(plan: Plan) -> Plan:
    """The same repository under a name of its own: what is there for a new host stays apart from what it has said."""
    return replace(plan, name=f"{plan.name}-archive", keep=plan.archive_keep)


def archive(plan: Plan) -> dict[str, Any]:
    """All that is finished of the journal and of Prometheus' data; the outcome is as that of ``taking.take``."""
    run("journalctl", "--rotate")
    for _ in range(ATTEMPTS):
        wanted = finished()
        try:
            return take_files(plan, wanted)
        except SnapshotError as error:
            # The journal and Prometheus take away what is too old, and join small blocks to large ones, at any moment.
            if all(path.exists() for path in wanted):
                raise
            last = error
    raise last


def finished(journal: Path = JOURNAL, metrics: Path = METRICS) -> list[Path]:
    """Files of the journal and blocks of Prometheus that nobody writes to any more."""
    blocks = {meta.parent for meta in metrics.glob("*/meta.json")}
    return sorted(journal.glob("*/*@*.journal*")) + sorted(block for block in blocks if "." not in block.name)
