"""What happened last, kept by the database's account and published by root for everybody to read."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path("/var/lib/longhouse-backup")
Record = dict[str, Any]


def read(folder: Path = FOLDER) -> Record:
    """``{"backups": {"<repository>/<type>": …}, "drill": …}``; empty before anything happened."""
    file = folder / "record.json"
    found: Record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {"backups": {}, "drill": None} | found


def update(change: Callable[[Record], None], folder: Path = FOLDER) -> None:
    """Change the record; a backup and a drill that end together both find their place in it."""
    with (folder / "record.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        content = read(folder)
        change(content)
        unfinished = folder / "record.json.new"
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, folder / "record.json")
