"""What the role decided for this host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path("/etc/longhouse/snapshots.json")
STATE = Path("/var/lib/longhouse-snapshots")
RECORD = Path("/var/lib/longhouse/snapshots/record.json")
METRICS = Path("/var/lib/prometheus/node-exporter/longhouse_snapshot.prom")


@dataclass(frozen=True)
class Plan:
    """`repository` and `options` as restic reads them; `keep` is restic's age to a number of snapshots, `archive_keep`
    the same of archives."""

    repository: str
    name: str
    paths: tuple[str, ...]
    stores: tuple[str, ...]
    keep: dict[str, int]
    archive_keep: dict[str, int]
    options: tuple[str, ...]
    environment: dict[str, str]


def read(file: Path = FILE) -> Plan:
    """The plan of this host; raises OSError or KeyError when the role has not written one."""
    content = json.loads(file.read_text(encoding="utf-8"))
    return Plan(
        content["repository"], content["name"], tuple(content["paths"]), tuple(content["stores"]),
        content["keep"], content["archive_keep"], tuple(content["options"]), content["environment"],
    )  # fmt: skip
