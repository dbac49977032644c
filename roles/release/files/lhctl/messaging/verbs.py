"""The words of `lhctl events`, `lhctl dead-letters` and `lhctl replay`."""

from __future__ import annotations

import argparse
from typing import Any

from lhctl.errors import require_root


def add(verbs: Any) -> None:
    """Put all of them onto lhctl's command line."""
    events = verbs.add_parser("events", help="outboxes, queues and dead letters: what waits, how long, and why")
    _reading(events, "events")

    parser = verbs.add_parser("dead-letters", help="messages nobody could apply")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what died, where and why")
    _reading(listing, "show_list")
    listing.add_argument("--queue", default="", help="only of this queue, or of 'outbox of SERVICE'")
    show = actions.add_parser("show", help="one of them with its content")
    _reading(show, "show_one")
    show.add_argument("id")
    for name, purpose in (
        ("redrive", "send them again to where they died"),
        ("drop", "remove them; a copy stays in /var/lib/longhouse/dropped-dead-letters"),
    ):
        action = actions.add_parser(name, help=purpose)
        _reading(action, name)
        action.add_argument("id", nargs="*")
        action.add_argument("--queue", default="", help="all of this queue, or of 'outbox of SERVICE'")

    again = verbs.add_parser(
        "replay", help="past events once more for one subscriber; what it has applied it passes over"
    )
    _reading(again, "replay_events")
    again.add_argument("service")
    again.add_argument("--since", default="", metavar="TIME", help="RFC 3339; default: everything the stream keeps")
    again.add_argument("--offset", type=int, help="place in the stream, to continue a replay that was cut off")
    again.add_argument("--type", default="#", metavar="PATTERN", help="such as order.placed.* or order.#")
    again.add_argument("--dry-run", action="store_true", help="count, send nothing")


def _reading(parser: argparse.ArgumentParser, work: str) -> None:
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(handle=lambda options, _: _carry_out(work, options))


def _carry_out(work: str, options: argparse.Namespace) -> int:
    from lhctl.messaging import command  # noqa: PLC0415 - ExecStartPost runs lhctl too and must be quick

    require_root("messages may hold personal data and are root's to see")
    status: int = getattr(command, work)(options)
    return status
