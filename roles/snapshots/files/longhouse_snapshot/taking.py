"""Takes a snapshot, forgets those that are too old, and gives back their room."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longhouse_snapshot.collecting import FOLDER, collect
from longhouse_snapshot.plan import Plan
from longhouse_snapshot.programs import SnapshotError, has_repository, let_go, restic


def take(plan: Plan) -> dict[str, Any]:
    """``{"label": id, "succeeded": seconds since 1970, "bytes": added to the repository, "seconds": it took}``."""
    collect(plan)
    wanted = [path for path in map(Path, plan.paths) if path.exists()]
    if not wanted:
        raise SnapshotError(f"nothing to take: none of {', '.join(plan.paths)} is there")
    return take_files(plan, [*wanted, FOLDER])


def take_files(plan: Plan, paths: Sequence[Path]) -> dict[str, Any]:
    """One snapshot of `paths` as they are, in a repository that is made when there is none; its outcome as data."""
    started = time.monotonic()
    if has_repository(plan):
        let_go(plan)
    else:
        restic(plan, "init")
    # Whatever the paths: what the last one holds of them is not read again.
    said = restic(plan, "backup", "--json", f"--host={plan.name}", "--group-by=host", *map(str, paths))
    summary = next(json.loads(line) for line in reversed(said.splitlines()) if '"summary"' in line)
    return {
        "label": summary["snapshot_id"],
        "succeeded": round(time.time()),
        "bytes": summary.get("data_added_packed", summary["data_added"]),
        "seconds": round(time.monotonic() - started, 1),
        "error": None,
    }


def forget(plan: Plan) -> None:
    """Forget snapshots that are too old. Apart from taking: a snapshot is good, whether older ones go or not."""
    ages = [f"--keep-{age}={number}" for age, number in sorted(plan.keep.items())]
    restic(plan, "forget", "--quiet", f"--host={plan.name}", "--group-by=host", *ages)


def tidy(plan: Plan) -> None:
    """Give back the room of what was forgotten. Apart from taking: it may rewrite large files."""
    restic(plan, "prune", "--quiet")
