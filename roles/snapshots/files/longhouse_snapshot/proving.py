"""Restores the newest snapshot into a folder and looks at what came out of it."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from longhouse_snapshot import collecting
from longhouse_snapshot.plan import STATE, Plan
from longhouse_snapshot.programs import SnapshotError, let_go, restic, run
from longhouse_snapshot.restoring import newest, restore

SCRATCH = STATE / "proof"
# Of all stored data, a different tenth each time, read back and compared with its checksum.
SUBSET = "10%"


def prove(plan: Plan) -> dict[str, Any]:
    """The verdict as data; a snapshot that is no good raises nothing.

    ``{"verdict": "proven" or "failed", "reason": …, "rpo_seconds": age of the snapshot, "rto_seconds": to restore it,
    "bytes": restored, "ended": seconds since 1970}``
    """
    verdict: dict[str, Any] = {
        "verdict": "failed", "reason": None, "rpo_seconds": None, "rto_seconds": None, "bytes": None,
    }  # fmt: skip
    try:
        problems = _examine(plan, verdict)
    except SnapshotError as error:
        problems = [str(error)]
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    verdict |= {"reason": "; ".join(problems) or None, "verdict": "failed" if problems else "proven"}
    return verdict | {"ended": round(time.time())}


def _examine(plan: Plan, verdict: dict[str, Any]) -> list[str]:
    snapshot = newest(plan)
    let_go(plan)
    restic(plan, "check", "--quiet", f"--read-data-subset={SUBSET}")
    started = time.monotonic()
    restore(plan, SCRATCH, snapshot.label)
    verdict["rto_seconds"] = round(time.monotonic() - started, 1)
    verdict["rpo_seconds"] = round(time.time() - snapshot.taken, 1)
    verdict["bytes"] = sum(path.lstat().st_size for path in SCRATCH.rglob("*") if path.is_file())
    return [problem for store in plan.stores for problem in LOOKS[store](_collected(store))]


def _collected(store: str) -> Path:
    return SCRATCH / collecting.FOLDER.relative_to("/") / store


def _redis(folder: Path) -> list[str]:
    manifest = folder / collecting.MANIFEST
    if not manifest.exists():
        return ["the snapshot has no Redis state"]
    # A last command that was cut off is no damage; with what the check says of it, Redis starts as well.
    try:
        run("redis-check-aof", str(manifest))
    except SnapshotError as error:
        return [] if "truncated" in str(error).lower() else [str(error)]
    return []


def _rabbitmq(folder: Path) -> list[str]:
    try:
        found = json.loads((folder / "definitions.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        return [f"the broker's definitions cannot be read: {error}"]
    return [f"the broker's definitions have no {kind}" for kind in ("users", "queues", "exchanges") if not found[kind]]


LOOKS = {"redis": _redis, "rabbitmq": _rabbitmq}
