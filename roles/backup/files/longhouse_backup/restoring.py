"""Brings data back into the running cluster: all of it, or one database while the others serve. Runs as root."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from longhouse_backup import one_database, whole_cluster
from longhouse_backup.plan import STATE, Plan
from longhouse_backup.programs import BackupError, become_the_account

# On a new host: its databases are back, and a second run must not bring them back over newer ones.
MARK = STATE / "restored.json"
# There until MARK is: what is in the databases of this host so far is of a restore that was cut off, and may go.
BEGUN = STATE / "restoring.json"


@dataclass(frozen=True)
class Request:
    """What to bring back: one database or all, from where, as it was when (None: as late as the archive goes)."""

    database: str | None
    repository: int
    target: datetime | None
    timeline: int | None
    discard_newer: bool
    empty_host: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the subcommand."""
    parser.add_argument("--database", help="only this one; all when it is not given")
    parser.add_argument("--repository", type=int, choices=(1, 2), default=1)
    parser.add_argument("--target", default="", help="a time with its zone; the end of the archive when not given")
    parser.add_argument("--timeline", type=int, help="history to follow, to go back after a restore into the past")
    parser.add_argument("--discard-newer", action="store_true", help="what is newer than the target may be lost")
    parser.add_argument("--empty-host", action="store_true", help="a new host: nothing here is worth keeping")


def request_of(arguments: argparse.Namespace) -> Request:
    """The request that arguments ask for; raises BackupError for a time nobody can be sure about."""
    return Request(
        arguments.database or None, arguments.repository, _time(arguments.target), arguments.timeline,
        arguments.discard_newer, arguments.empty_host,
    )  # fmt: skip


def restore(plan: Plan, request: Request) -> dict[str, Any]:
    """Do it; returns what was done as data."""
    if request.database is not None and request.database not in plan.databases:
        raise BackupError(f"no database {request.database}; there are: {', '.join(sorted(plan.databases))}")
    if request.database is not None:
        become_the_account()
        return one_database.restore(request.database, request.repository, request.target)
    if request.empty_host:
        return _fill_empty_host(plan, request)
    if not request.discard_newer:
        whole_cluster.refuse_newer(request.target)
    done = whole_cluster.restore(plan, request.repository, request.target, request.timeline)
    whole_cluster.begin_anew()
    return done


def _fill_empty_host(plan: Plan, request: Request) -> dict[str, Any]:
    """It may be killed at any moment and begun again; the first backup comes with the units, which are not here yet."""
    if not BEGUN.exists():
        whole_cluster.refuse_used()
        BEGUN.parent.mkdir(exist_ok=True)
        BEGUN.touch()
    try:
        done = whole_cluster.restore(plan, request.repository, request.target, request.timeline)
    except BackupError:
        if whole_cluster.is_unused():
            BEGUN.unlink()
        raise
    BEGUN.write_text(json.dumps(done) + "\n", encoding="utf-8")
    BEGUN.rename(MARK)
    return done


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BackupError(f"target {text!r} is no time; write it like 2026-11-21 10:00:00+00") from None
    if parsed.tzinfo is None:
        raise BackupError(f"target {text!r} has no zone; write it like 2026-11-21 10:00:00+00")
    if parsed > datetime.now(UTC):
        raise BackupError(f"target {text!r} is not over yet")
    return parsed
