"""What the role decided for this host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path("/etc/longhouse/backup.json")
STATE = Path("/var/lib/longhouse-backup")
# Written by the database's account; what everybody may read is made of it by root.
RECORD = STATE / "record.json"
STATUS = Path("/var/lib/longhouse/backup/record.json")
METRICS = Path("/var/lib/prometheus/node-exporter/longhouse_backup.prom")


@dataclass(frozen=True)
class Plan:
    """Repositories by number, seconds of the drill, and each database with its invariants (name to query)."""

    repositories: tuple[int, ...]
    drill_age: int
    drill_rpo_limit: int
    databases: dict[str, dict[str, str]]

    @property
    def proven(self) -> int:
        """The repository that a drill restores from: the one that outlives the host, where there is one."""
        return max(self.repositories)


def read(file: Path = FILE) -> Plan:
    """The plan of this host; raises OSError or KeyError when the role has not written one."""
    content = json.loads(file.read_text(encoding="utf-8"))
    drill = content["drill"]
    return Plan(tuple(content["repositories"]), drill["age"], drill["rpo_limit"], content["databases"])
