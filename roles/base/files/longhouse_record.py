"""What backups and restore drills did last: kept for people, and told to the node exporter.

Shared by longhouse-backup (databases) and longhouse-snapshot (files), so that the same alerts watch both.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]
HELP = {
    "longhouse_backup_last_success_timestamp_seconds": "When the last good backup of this type ended.",
    "longhouse_backup_last_run_success": "1 when the last run of this type was good.",
    "longhouse_backup_size_bytes": "Bytes the last good backup of this type added to its repository.",
    "longhouse_backup_duration_seconds": "How long the last good backup of this type took.",
    "longhouse_restore_drill_last_success_timestamp_seconds": "When the last restore drill that proved all ended.",
    "longhouse_restore_drill_last_run_timestamp_seconds": "When the last restore drill ended, whatever it found.",
    "longhouse_restore_drill_success": "1 when the last restore drill proved all.",
    "longhouse_restore_drill_rpo_seconds": "Seconds before its target of which the last drill found nothing.",
    "longhouse_restore_drill_rto_seconds": "Seconds the last drill took until what it restored could be read.",
    "longhouse_restore_drill_bytes": "Bytes the last drill restored.",
}
_NEVER = {"label": None, "succeeded": None, "bytes": None, "seconds": None}


def read(file: Path) -> Record:
    """``{"backups": {"<repository>/<type>": …}, "drill": …}``; empty before anything happened."""
    found: Record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    # Before they shared this record, snapshots kept their one backup under a name of its own.
    if former := found.pop("backup", None):
        found["backups"] = {"files/snapshot": former}
    return {"backups": {}, "drill": None} | found


def remember_backup(file: Path, place: str, outcome: Record) -> None:
    """The outcome of a run at `<repository>/<type>`; after a failure, the last good one's figures stay."""

    def change(content: Record) -> None:
        content["backups"][place] = content["backups"].get(place, _NEVER) | outcome

    update(file, change)


def remember_drill(file: Path, verdict: Record) -> None:
    """The verdict, with the time of the last good one."""

    def change(content: Record) -> None:
        before = (content["drill"] or {}).get("succeeded")
        succeeded = verdict["ended"] if verdict["verdict"] == "proven" else before
        content["drill"] = verdict | {"succeeded": succeeded}

    update(file, change)


def update(file: Path, change: Callable[[Record], None]) -> None:
    """Change the record; a backup and a drill that end together both find their place in it."""
    with _alone(file):
        content = read(file)
        change(content)
        _replace(file, _text(content))


def publish(file: Path, status: Path, metrics: Path, of: str = "") -> None:
    """Write the record to where lhctl reads it, and its metrics where there is an exporter; `of` names what it is of.

    The status may be the record itself.
    """
    with _alone(status):
        record = read(file)
        _replace(status, _text(record))
        status.parent.chmod(0o755)
        if metrics.parent.is_dir():
            _replace(metrics, exposition(record, of))


def exposition(record: Record, of: str = "") -> str:
    """The record in Prometheus' text format; what was never measured is left out."""
    lines: dict[str, list[str]] = {}
    for name, labels, value in samples(record, of):
        lines.setdefault(name, []).append(f"{name}{labels} {value}")
    blocks = [f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n" + "\n".join(found) for name, found in lines.items()]
    return "".join(f"{block}\n" for block in blocks)


def samples(record: Record, of: str = "") -> Iterator[tuple[str, str, float]]:
    """Name, labels as written, value."""
    for place, backup in sorted(record["backups"].items()):
        repository, _, kind = place.partition("/")
        labels = f'{{repository="{repository}",type="{kind}"}}'
        yield "longhouse_backup_last_run_success", labels, int(backup["error"] is None)
        if backup["succeeded"] is not None:
            yield "longhouse_backup_last_success_timestamp_seconds", labels, backup["succeeded"]
            yield "longhouse_backup_size_bytes", labels, backup["bytes"]
            yield "longhouse_backup_duration_seconds", labels, backup["seconds"]
    drill = record["drill"]
    if drill is None:
        return
    labels = f'{{of="{of}"}}' if of else ""
    yield "longhouse_restore_drill_success", labels, int(drill["verdict"] == "proven")
    yield "longhouse_restore_drill_last_run_timestamp_seconds", labels, drill["ended"]
    for key, name in (
        ("succeeded", "longhouse_restore_drill_last_success_timestamp_seconds"),
        ("rpo_seconds", "longhouse_restore_drill_rpo_seconds"),
        ("rto_seconds", "longhouse_restore_drill_rto_seconds"),
        ("bytes", "longhouse_restore_drill_bytes"),
    ):
        if drill[key] is not None:
            yield name, labels, drill[key]


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _text(record: Record) -> str:
    return json.dumps(record, indent=1) + "\n"


def _replace(file: Path, content: str) -> None:
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.chmod(0o644)
    os.replace(unfinished, file)
