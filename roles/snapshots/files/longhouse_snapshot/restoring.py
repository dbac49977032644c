"""Brings files back: into a folder to look at them, or into their places on a host that has none of them yet."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from longhouse_snapshot import collecting
from longhouse_snapshot.plan import STATE, Plan
from longhouse_snapshot.programs import LOOKING, SnapshotError, has_repository, restic, run

SCRATCH = STATE / "restored"
# On a new host: its files are back, and what came since is newer than they are.
MARK = STATE / "adopted.json"


@dataclass(frozen=True)
class Snapshot:
    """`taken` in seconds since 1970."""

    label: str
    taken: float


@dataclass(frozen=True)
class Place:
    """Where a part of a snapshot belongs on a new host; `account` owns it, None leaves the owner it had."""

    part: Path
    target: Path
    account: str | None


# Not the configuration and not the links of the releases: the inventory and the play make those anew. Not the key of
# the host's credentials either: the new host encrypts them to its own.
PLACES = (
    Place(collecting.FOLDER / "redis", collecting.REDIS_LOG, "redis"),
    Place(Path("/var/lib/longhouse/releases.jsonl"), Path("/var/lib/longhouse/releases.jsonl"), None),
    Place(Path("/opt/longhouse/artifacts"), Path("/opt/longhouse/artifacts"), None),
    # The account at an ACME authority and what it gave; systemd gives the folder to the account's user again.
    Place(Path("/var/lib/longhouse/acme"), Path("/var/lib/longhouse/acme"), None),
)


def newest(plan: Plan) -> Snapshot:
    """The newest snapshot of the plan's name; raises SnapshotError when there is none."""
    if not has_repository(plan):
        raise SnapshotError(f"there are no snapshots at {plan.repository}")
    found = json.loads(restic(plan, "snapshots", LOOKING, "--json", f"--host={plan.name}"))
    if not found:
        raise SnapshotError(f"{plan.repository} has no snapshot of {plan.name}")
    last = max(found, key=lambda one: datetime.fromisoformat(one["time"]))
    return Snapshot(last["id"], datetime.fromisoformat(last["time"]).timestamp())


def restore(plan: Plan, target: Path, label: str) -> None:
    """The whole of a snapshot below `target`, each file compared with what was stored."""
    if target.exists() and any(target.iterdir()):
        raise SnapshotError(f"{target} is not empty")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    restic(plan, "restore", label, LOOKING, f"--target={target}", "--verify", "--quiet")


def adopt(plan: Plan) -> dict[str, Any]:
    """Put the newest snapshot's parts in their places where those are empty; what is there already stays.

    ``{"snapshot": id, "taken": seconds since 1970, "placed": [paths]}``
    """
    snapshot = newest(plan)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    try:
        restore(plan, SCRATCH, snapshot.label)
        placed = [str(place.target) for place in PLACES if _put(place)]
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    done = {"snapshot": snapshot.label, "taken": round(snapshot.taken), "placed": placed}
    MARK.write_text(json.dumps(done) + "\n", encoding="utf-8")
    return done


def _put(place: Place) -> bool:
    part = SCRATCH / place.part.relative_to("/")
    if not part.exists() or place.target.exists():
        return False
    place.target.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name only when it is whole: the next run passes over what is there.
    unfinished = place.target.with_name(f".{place.target.name}.new")
    run("rm", "--recursive", "--force", str(unfinished))
    run("cp", "--archive", str(part), str(unfinished))
    if place.account is not None:
        run("chown", "--recursive", f"{place.account}:{place.account}", str(place.target.parent))
    unfinished.rename(place.target)
    return True
