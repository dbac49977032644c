"""Copies of what a store keeps, as of one moment, made beside it so that a snapshot finds them whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from longhouse_snapshot.plan import STATE, Plan
from longhouse_snapshot.programs import SnapshotError, run

FOLDER = STATE / "collected"
REDIS_LOG = Path("/var/lib/redis-state/appendonlydir")
MANIFEST = "appendonly.aof.manifest"
ATTEMPTS = 20


def collect(plan: Plan) -> None:
    """Replace FOLDER by what the host's stores hold now; raises SnapshotError when one cannot be copied."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(mode=0o700, parents=True)
    for store in plan.stores:
        COLLECTORS[store](FOLDER / store)


def redis(target: Path, source: Path = REDIS_LOG) -> None:
    """The append-only files of instance `state`.

    Redis only appends to the newest of them and names all of them in a manifest; the copy is whole when the manifest
    was the same before and after. A last command cut off is what Redis itself expects after a crash.
    """
    for _ in range(ATTEMPTS):
        shutil.rmtree(target, ignore_errors=True)
        try:
            before = (source / MANIFEST).read_bytes()
            shutil.copytree(source, target)
            if (source / MANIFEST).read_bytes() == before == (target / MANIFEST).read_bytes():
                return
        except (FileNotFoundError, shutil.Error):
            # A rewrite took a file away meanwhile, or there is no instance yet.
            pass
        time.sleep(0.5)
    raise SnapshotError(f"{source} is not there, or did not stand still for a copy")


def rabbitmq(target: Path) -> None:
    """Users, rights, policies, queues and exchanges; messages come from the outboxes again."""
    target.mkdir(mode=0o700)
    (target / "definitions.json").write_text(run("rabbitmqctl", "--silent", "export_definitions", "-"), "utf-8")


COLLECTORS: dict[str, Callable[[Path], None]] = {"redis": redis, "rabbitmq": rabbitmq}
