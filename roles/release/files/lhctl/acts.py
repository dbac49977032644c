"""`lhctl audit`: the administrative acts of this host and its services, from the journal.

A program may write into its entries whatever it likes, but not which unit and user it is: journald adds those. So an
act counts as a service's own only when the unit of that service wrote it, and as the host's only when root did.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from lhctl.errors import RefusedError

_FIELDS = (
    "ACTOR", "ACTOR_ROLE", "ACTION", "OBJECT", "DETAIL", "CLIENT_ADDRESS", "OUTCOME", "LONGHOUSE_ACT", "REQUEST_ID",
    "TRACE_ID", "_SYSTEMD_UNIT", "_UID", "_PID",
)  # fmt: skip
_UNIT = re.compile(r"longhouse-([a-z][a-z0-9_]*?)(?:-setup|-fleet)?@(?:blue|green)\.service")
_ROOT = "0"


@dataclass
class Act:
    """One act. `written_by` is journald's word; `believed` tells whether that is whose act it says to be."""

    time: str
    actor: str
    action: str
    thing: str
    address: str
    outcome: str
    detail: str
    request_id: str
    trace_id: str
    written_by: str
    believed: bool


def collect(since: str) -> list[Act]:
    """All acts since `since` (as journalctl understands it; empty: all that is kept), oldest first."""
    command = [
        "journalctl", "LONGHOUSE_AUDIT=1", "--output=json", "--all", "--quiet", "--no-pager",
        f"--output-fields={','.join(_FIELDS)}", *([f"--since={since}"] if since else []),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 and done.stderr:
        raise RefusedError(f"{done.stderr.strip()}; --since takes what journalctl takes, such as '2 days ago'")
    return list(merged(json.loads(line) for line in done.stdout.splitlines()))


def merged(entries: Iterable[Mapping[str, Any]]) -> Iterator[Act]:
    """Acts out of journal entries; the two entries of an act on the host become one. One without an end is `begun`."""
    acts: dict[str, Act] = {}
    for number, entry in enumerate(entries):
        act = _act(entry)
        # Only the process that began an act ends it: another's entry with its id is an act of its own.
        key = f"{entry.get('LONGHOUSE_ACT', number)} {entry.get('_PID')}"
        if key in acts:
            acts[key].outcome = act.outcome
        else:
            acts[key] = act
    yield from acts.values()


def _act(entry: Mapping[str, Any]) -> Act:
    told = {name: value if isinstance(value, str) else "?" for name, value in entry.items()}
    unit, action = told.get("_SYSTEMD_UNIT", ""), told.get("ACTION", "?")
    found = _UNIT.fullmatch(unit)
    service = found[1] if found else ""
    host = told.get("_UID") == _ROOT and not service
    return Act(
        time=datetime.fromtimestamp(int(told["__REALTIME_TIMESTAMP"]) / 1e6, UTC).isoformat(timespec="seconds"),
        actor=told.get("ACTOR", "?"),
        action=action,
        thing=told.get("OBJECT", ""),
        address=told.get("CLIENT_ADDRESS", ""),
        outcome=told.get("OUTCOME", "done"),
        detail=told.get("DETAIL", ""),
        request_id=told.get("REQUEST_ID", ""),
        trace_id=told.get("TRACE_ID", ""),
        written_by=unit or f"uid {told.get('_UID', '?')}",
        believed=host or (bool(service) and action.partition(".")[0] == service),
    )


def as_data(acts: Iterable[Act]) -> list[dict[str, Any]]:
    """What --json prints."""
    return [asdict(act) for act in acts]


def as_text(acts: Iterable[Act]) -> str:
    """A line an act; what its writer had no right to say is marked."""
    lines = [
        f"{act.time}  {act.actor}  {act.address or '-'}  {act.action} {act.thing}  {act.outcome}"
        + (f"  {act.detail}" if act.detail else "")
        + ("" if act.believed else f"  NOT BELIEVED: written by {act.written_by}")
        for act in acts
    ]
    return "\n".join(lines) or "no administrative acts on record"
