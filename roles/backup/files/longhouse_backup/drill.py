"""Restores the last backup beside the running database, looks at it closely, and says what that proves."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import longhouse_record

from longhouse_backup import canary, proof, scratch
from longhouse_backup.plan import RECORD, Plan
from longhouse_backup.programs import LIVE_SOCKET, BackupError, psql
from longhouse_backup.taking import backups_of

Verdict = dict[str, Any]


def drill(plan: Plan, repository: int, age: int) -> Verdict:
    """Restore from `repository` to `age` seconds ago, prove it, record the verdict; a bad backup raises nothing."""
    verdict: Verdict = {
        "verdict": "failed", "reason": None, "repository": repository, "target": None,
        "rpo_seconds": None, "rto_seconds": None, "bytes": None, "started": round(time.time()),
    }  # fmt: skip
    try:
        problems = _examine(plan, repository, age, verdict)
    except BackupError as error:
        problems = [str(error)]
    verdict |= {"reason": "; ".join(problems) or None, "verdict": "failed" if problems else "proven"}
    verdict["ended"] = round(time.time())
    longhouse_record.remember_drill(RECORD, verdict)
    return verdict


def _examine(plan: Plan, repository: int, age: int, verdict: Verdict) -> list[str]:
    target = _target(repository, age)
    verdict["target"] = target.isoformat()
    started = time.monotonic()
    with scratch.restored("drill", repository, target) as socket:
        verdict["rto_seconds"] = round(time.monotonic() - started, 1)
        verdict["bytes"] = scratch.size(socket)
        problems = proof.problems(plan, socket)
        seen = canary.newest(socket)
        verdict["rpo_seconds"] = None if seen is None else round(target.timestamp() - seen, 1)
    if seen is None:
        problems.append("no canary row in the backup")
    elif verdict["rpo_seconds"] > plan.drill_rpo_limit:
        problems.append(f"the newest canary row is {verdict['rpo_seconds']:.0f} s older than the target")
    return problems


def _target(repository: int, age: int) -> datetime:
    """`age` seconds ago; on a host whose first backup is younger than that, the moment after it."""
    backups = backups_of(repository)
    if not backups:
        raise BackupError(f"repository {repository} has no backup")
    earliest = datetime.fromtimestamp(backups[0]["timestamp"]["stop"] + 1, UTC)
    wanted = max(datetime.now(UTC) - timedelta(seconds=age), earliest)
    if datetime.now(UTC) - wanted < timedelta(seconds=180):
        _archive_now(wanted)
    return wanted


def _archive_now(wanted: datetime) -> None:
    """A target of just now is reached only when something later is archived; older ones need nothing of this."""
    while datetime.now(UTC) <= wanted:
        time.sleep(0.2)
    canary.beat()
    segment = canary.send_off()
    for _ in range(120):
        if psql(LIVE_SOCKET, "postgres", f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver") == "t":  # noqa: S608
            return
        time.sleep(0.5)
    raise BackupError(f"WAL {segment} was not archived within a minute")
