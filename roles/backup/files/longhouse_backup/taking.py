"""Takes one backup into every repository; one that cannot be reached does not keep the others from theirs."""

from __future__ import annotations

import json
import time
from typing import Any

import longhouse_record

from longhouse_backup.plan import RECORD, Plan
from longhouse_backup.programs import LIVE_SOCKET, BackupError, pgbackrest, psql
from longhouse_backup.turns import alone

KINDS = ("full", "diff", "incr")
# Codes of pgbackrest info.
OK, NO_BACKUP_YET, UNREADABLE = 0, 2, 99
LOCK_PATIENCE = 180.0  # seconds
# As long as a restart behind a hold may last (roles/release, lhctl/daemons.py), and some more.
SERVER_PATIENCE = 60.0  # seconds
TRIES = 3


def take(plan: Plan, kind: str) -> None:
    """A backup of `kind`; pgBackRest makes it a full one where there is none to build on.

    Raises BackupError naming every repository that has none now.
    """
    with alone():
        _take(plan, kind)


def _take(plan: Plan, kind: str) -> None:
    problems = []
    try:
        _make_stanza()
    except BackupError as error:
        # Each repository says below whether it takes a backup without.
        problems.append(f"stanza: {error}")
    for repository in plan.repositories:
        try:
            outcome = _into(repository, kind)
        except BackupError as error:
            problems.append(f"repository {repository}: {error}")
            longhouse_record.remember_backup(RECORD, f"{repository}/{kind}", {"error": str(error)})
        else:
            longhouse_record.remember_backup(RECORD, f"{repository}/{outcome.pop('type')}", outcome)
    if problems:
        raise BackupError("; ".join(problems))


def _make_stanza() -> None:
    """In every repository that has none. The archiver, which fails until there is one, holds the same lock in turns."""
    patience = time.monotonic() + LOCK_PATIENCE
    while not _has_stanza():
        try:
            pgbackrest("stanza-create")
        except BackupError as error:
            if "unable to acquire lock" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.3)


def _has_stanza() -> bool:
    """Whether every repository does; one that cannot be read is said to have none."""
    stanzas = _stanzas()
    states = [repository["status"]["code"] for stanza in stanzas for repository in stanza["repo"]]
    return bool(states) and all(state in (OK, NO_BACKUP_YET) for state in states)


def _stanzas(*options: str) -> list[dict[str, Any]]:
    # Not strict: a message about a repository that another key encrypts holds bytes of it as they are.
    found: list[dict[str, Any]] = json.loads(pgbackrest("info", "--output=json", *options), strict=False)
    return found


def backups_of(repository: int) -> list[dict[str, Any]]:
    """What pgBackRest knows of the backups in a repository, oldest first; raises BackupError when it cannot read it."""
    stanzas = _stanzas(f"--repo={repository}")
    for status in (one["status"] for stanza in stanzas for one in stanza["repo"]):
        if status["code"] == UNREADABLE:
            # The first line names what it is; the others may be bytes of the repository.
            raise BackupError(f"pgbackrest info: {status['message'].splitlines()[0]}")
    return [backup for stanza in stanzas for backup in stanza["backup"]]


def _into(repository: int, kind: str) -> dict[str, Any]:
    started = time.monotonic()
    _back_up(repository, kind)
    newest = backups_of(repository)[-1]
    return {
        "type": newest["type"],
        "label": newest["label"],
        "succeeded": newest["timestamp"]["stop"],
        "bytes": newest["info"]["repository"].get("delta", 0),
        "seconds": round(time.monotonic() - started, 1),
        "error": None,
    }


def _back_up(repository: int, kind: str) -> None:
    """Also proves that WAL of this moment arrives: a backup ends when its last segment is archived.

    A restart of the server, for new settings or an upgrade, ends a backup and is nothing wrong: it begins anew.
    """
    for left in reversed(range(TRIES)):
        server = _running_since()
        try:
            pgbackrest("backup", f"--repo={repository}", f"--type={kind}")
        except BackupError:
            if not left or _running_since() in {None, server}:
                raise
        else:
            return


def _running_since() -> str | None:
    """When the server was started, by its own clock; None where it does not answer."""
    patience = time.monotonic() + SERVER_PATIENCE
    while True:
        try:
            return psql(LIVE_SOCKET, "postgres", "SELECT pg_postmaster_start_time()")
        except BackupError:
            if time.monotonic() > patience:
                return None
        time.sleep(0.5)
