"""The record as metrics for the node exporter and as a file for lhctl. Runs as root, after every backup and drill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from longhouse_backup.record import Record, read

METRICS = Path("/var/lib/prometheus/node-exporter/longhouse_backup.prom")
STATUS = Path("/var/lib/longhouse/backup/record.json")
HELP = {
    "longhouse_backup_last_success_timestamp_seconds": "When the last good backup of this type ended.",
    "longhouse_backup_last_run_success": "1 when the last run of this type was good.",
    "longhouse_backup_size_bytes": "Bytes the last good backup of this type added to its repository.",
    "longhouse_backup_duration_seconds": "How long the last good backup of this type took.",
    "longhouse_restore_drill_last_success_timestamp_seconds": "When the last restore drill that proved all ended.",
    "longhouse_restore_drill_last_run_timestamp_seconds": "When the last restore drill ended, whatever it found.",
    "longhouse_restore_drill_success": "1 when the last restore drill proved all.",
    "longhouse_restore_drill_rpo_seconds": "Seconds before its target for which the last drill found no canary row.",
    "longhouse_restore_drill_rto_seconds": "Seconds the last drill took until the restored databases answered.",
    "longhouse_restore_drill_bytes": "Bytes the last drill restored.",
}


def publish(metrics: Path = METRICS, status: Path = STATUS) -> None:
    """Write both files from the record."""
    record = read()
    _write(status, json.dumps(record, indent=1) + "\n")
    _write(metrics, exposition(record))


def exposition(record: Record) -> str:
    """The record in Prometheus' text format; what was never measured is left out."""
    lines: dict[str, list[str]] = {}
    for name, labels, value in samples(record):
        lines.setdefault(name, []).append(f"{name}{labels} {value}")
    blocks = [f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n" + "\n".join(found) for name, found in lines.items()]
    return "".join(f"{block}\n" for block in blocks)


def samples(record: Record) -> Iterator[tuple[str, str, float]]:
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
    yield "longhouse_restore_drill_success", "", int(drill["verdict"] == "proven")
    yield "longhouse_restore_drill_last_run_timestamp_seconds", "", drill["ended"]
    for key, name in (
        ("succeeded", "longhouse_restore_drill_last_success_timestamp_seconds"),
        ("rpo_seconds", "longhouse_restore_drill_rpo_seconds"),
        ("rto_seconds", "longhouse_restore_drill_rto_seconds"),
        ("bytes", "longhouse_restore_drill_bytes"),
    ):
        if drill[key] is not None:
            yield name, "", drill[key]


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.chmod(0o644)
    os.replace(unfinished, file)
