"""Brings all databases back in the place of the running ones. Runs as root: the server stops and starts."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime
from typing import Any

from longhouse_backup import canary, resending
from longhouse_backup.plan import Plan
from longhouse_backup.programs import LIVE_SOCKET, BackupError, pgbackrest, psql
from longhouse_backup.scratch import moment
from longhouse_backup.taking import backups_of
from longhouse_backup.turns import alone

UNIT = "postgresql@17-main.service"


def refuse_newer(target: datetime | None) -> None:
    """Raise BackupError when what runs here has data that the restored databases would not have."""
    try:
        # The last minute's row is older than what was written since.
        canary.beat()
        newest = canary.newest(LIVE_SOCKET)
    except BackupError as error:
        raise BackupError(f"nobody knows what would be lost, the database does not answer ({error}); "
                          "say -e discard_newer=yes to go on") from error  # fmt: skip
    if newest is not None and (target is None or newest > target.timestamp()):
        last = datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds")
        raise BackupError(f"the running databases have data until {last}, newer than the target; "
                          "say -e discard_newer=yes to give it up")  # fmt: skip


def refuse_used() -> None:
    """Raise BackupError when the databases of a host that is said to be new have ever been in use."""
    if canary.exists(LIVE_SOCKET):
        raise BackupError(
            "this host is not new: its databases were in use; docs/operations/restore.md brings data back"
        )


def is_unused() -> bool:
    """Whether the databases answer, and have never been in use."""
    try:
        return not canary.exists(LIVE_SOCKET)
    except BackupError:
        return False


def restore(plan: Plan, repository: int, target: datetime | None, timeline: int | None) -> dict[str, Any]:
    """All databases as they were at `target`, or at the end of the archive; returns how to go back.

    ``{"restored": "all", "left_timeline": of what ran before, or None, "seconds": until it answered,
    "data_until": newest canary row, "resent": events}``
    """
    started = time.monotonic()
    left = _timeline()
    options = _options(repository, target, timeline)
    # A person who restores does not wait for hours; those that are due meanwhile wait for the restore.
    _systemctl("stop", "longhouse-backup@*.service")
    with alone():
        _replace(repository, options)
    newest = canary.newest(LIVE_SOCKET) if canary.exists(LIVE_SOCKET) else None
    resent = resending.resend(plan)
    return {
        "restored": "all",
        "target": target.isoformat() if target else None,
        "left_timeline": left,
        "seconds": round(time.monotonic() - started, 1),
        "data_until": None if newest is None else datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds"),
        "resent": resent,
    }


def _replace(repository: int, options: list[str]) -> None:
    # An orderly stop archives the last segment, so that what is left behind can be reached again.
    _systemctl("stop", UNIT)
    try:
        pgbackrest("restore", "--delta", f"--repo={repository}", *options)
    finally:
        # After a refusal nothing was touched, and the databases that were there serve on.
        _systemctl("start", UNIT)
    _wait_until_open()


def begin_anew() -> None:
    """What builds on the restored databases begins with a backup of its own."""
    _systemctl("start", "--no-block", "longhouse-backup@incr.service")


def _options(repository: int, target: datetime | None, timeline: int | None) -> list[str]:
    if target is not None:
        chosen = ["--type=time", f"--target={moment(target)}", "--target-action=promote"]
        return chosen + ([f"--target-timeline={timeline}"] if timeline else [])
    if timeline is None:
        return ["--type=default"]
    fitting = [one["label"] for one in backups_of(repository) if int(one["archive"]["stop"][:8], 16) <= timeline]
    if not fitting:
        raise BackupError(f"repository {repository} has no backup of timeline {timeline}")
    return ["--type=default", f"--target-timeline={timeline}", f"--set={fitting[-1]}"]


def _timeline() -> int | None:
    try:
        return int(psql(LIVE_SOCKET, "postgres", "SELECT timeline_id FROM pg_control_checkpoint()"))
    except BackupError:
        return None


def _wait_until_open() -> None:
    """Until recovery is over. The unit counts as started long before, when there is much WAL to replay."""
    while True:
        state = subprocess.run(["systemctl", "is-active", UNIT], capture_output=True, text=True, check=False)
        if state.stdout.strip() not in {"active", "activating"}:
            raise BackupError(f"{UNIT} ended while it recovered; see journalctl -t postgresql")
        try:
            if psql(LIVE_SOCKET, "postgres", "SELECT pg_is_in_recovery()") == "f":
                return
        except BackupError:
            pass
        time.sleep(0.5)


def _systemctl(*words: str) -> None:
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"systemctl {' '.join(words)}: {done.stderr.strip()}")
