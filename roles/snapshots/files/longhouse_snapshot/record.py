"""What happened last: a file for `lhctl status`, and metrics for the node exporter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STATUS = Path("/var/lib/longhouse/snapshots/record.json")
METRICS = Path("/var/lib/prometheus/node-exporter/longhouse_snapshot.prom")
# Names and words of role backup's metrics, so that the same alerts watch both; an exporter wants the same words too.
HELP = {
    "longhouse_backup_last_success_timestamp_seconds": "When the last good backup of this type ended.",
    "longhouse_backup_last_run_success": "1 when the last run of this type was good.",
    "longhouse_backup_size_bytes": "Bytes the last good backup of this type added to its repository.",
    "longhouse_backup_duration_seconds": "How long the last good backup of this type took.",
    "longhouse_restore_drill_last_success_timestamp_seconds": "When the last restore drill that proved all ended.",
    "longhouse_restore_drill_success": "1 when the last restore drill proved all.",
}
Record = dict[str, Any]


def read(file: Path = STATUS) -> Record:
    """``{"backup": … or None, "drill": … or None}``."""
    found: Record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {"backup": None, "drill": None} | found


def remember_backup(outcome: Record) -> None:
    """The outcome of a run; after a failure, the last good one's figures stay."""
    content = read()
    before = content["backup"] or {"label": None, "succeeded": None, "bytes": None, "seconds": None}
    _write(content | {"backup": before | outcome})


def remember_drill(verdict: Record) -> None:
    """The verdict, with the time of the last good one."""
    content = read()
    before = (content["drill"] or {}).get("succeeded")
    _write(content | {"drill": verdict | {"succeeded": verdict["ended"] if verdict["verdict"] == "proven" else before}})


def exposition(content: Record) -> str:
    """The record in Prometheus' text format; what was never measured is left out."""
    blocks = [
        f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n{name}{labels} {value}\n"
        for name, labels, value in _samples(content)
        if value is not None
    ]
    return "".join(blocks)


def _samples(content: Record) -> Iterator[tuple[str, str, float | None]]:
    backup, drill = content["backup"], content["drill"]
    labels = '{repository="files",type="snapshot"}'
    if backup is not None:
        yield "longhouse_backup_last_run_success", labels, int(backup["error"] is None)
        yield "longhouse_backup_last_success_timestamp_seconds", labels, backup["succeeded"]
        yield "longhouse_backup_size_bytes", labels, backup["bytes"]
        yield "longhouse_backup_duration_seconds", labels, backup["seconds"]
    if drill is not None:
        yield "longhouse_restore_drill_success", '{of="files"}', int(drill["verdict"] == "proven")
        yield "longhouse_restore_drill_last_success_timestamp_seconds", '{of="files"}', drill["succeeded"]


def _write(content: Record) -> None:
    _replace(STATUS, json.dumps(content, indent=1) + "\n")
    if METRICS.parent.is_dir():
        _replace(METRICS, exposition(content))


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    file.parent.chmod(0o755)
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.chmod(0o644)
    os.replace(unfinished, file)
