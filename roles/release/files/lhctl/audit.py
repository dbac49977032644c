"""Which calls of lhctl are administrative acts, how each is put on record, and `lhctl audit`, which shows them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lhctl.errors import RefusedError, require_root

# What changes something when it is called, with the words after which a call of it changes nothing.
VERBS: dict[str, tuple[str, ...]] = {
    "converge": ("--check",), "deploy": (), "promote": (), "abort": (), "rollback": (), "retire": (),
    "contract": (), "cool": (), "hold": (), "replay": ("--dry-run",), "maintenance": (), "restart": (), "upgrade": (),
    "dead-letters redrive": (), "dead-letters drop": (),
}  # fmt: skip
_REFUSED = 2


def add(verbs: Any) -> None:
    """Put `lhctl audit` onto lhctl's command line."""
    acts = verbs.add_parser("audit", help="who did what, to what, from where: administrative acts on record")
    acts.add_argument("--since", default="", metavar="TIME", help="such as today or '2 days ago'; default: all")
    acts.add_argument("--json", action="store_true")
    acts.set_defaults(handle=_show)


def _show(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl import acts  # noqa: PLC0415 - ExecStartPost and boot run lhctl too and must be quick

    require_root("the record names people and addresses")
    found = acts.collect(options.since)
    sys.stdout.write((json.dumps(acts.as_data(found), indent=2) if options.json else acts.as_text(found)) + "\n")
    return 0


def act_of(options: argparse.Namespace, words: Sequence[str]) -> str | None:
    """The verb that is to be recorded, or None: it changes nothing, or whoever started this run has recorded it."""
    verb = " ".join(words[:2]) if words[:1] == ["dead-letters"] else "".join(words[:1])
    harmless = VERBS.get(verb)
    if harmless is None or any(word in words for word in harmless) or getattr(options, "result", None):
        return None
    if verb == "maintenance" and not options.switch:
        return None
    # Nobody else gets further than a refusal.
    return verb if os.geteuid() == 0 else None


def carry_out(work: Callable[[], int], options: argparse.Namespace, words: Sequence[str]) -> int:
    """Return what `work` returns; an act is on record before and after it."""
    verb = act_of(options, words)
    if verb is None:
        return work()
    try:
        from longhouse_audit import recorded  # noqa: PLC0415 - await-ready and boot run lhctl too and must be quick
    except ModuleNotFoundError:
        raise RefusedError("this host's base is of an earlier Longhouse; run playbooks/host.yml for it, once") from None

    with recorded(f"lhctl.{verb.replace(' ', '.')}", _thing(options), " ".join(["lhctl", *words])) as act:
        try:
            status = work()
        except RefusedError:
            act.outcome = "refused"
            raise
        act.outcome = {0: "done", _REFUSED: "refused"}.get(status, "failed")
        return status


def _thing(options: argparse.Namespace) -> str:
    if getattr(options, "all_but", None):
        return f"all but {','.join(options.all_but)}"
    found: list[Any] = [getattr(options, name, None) for name in ("service", "services", "only", "id", "queue")]
    names = [name for item in found if item for name in ([item] if isinstance(item, str) else item)]
    everything = "what the play asked for" if getattr(options, "verb", "") == "converge" else "all"
    return ",".join(names) or everything
