"""Old events once more for one subscriber: from the stream that keeps all of them, straight into its queue.

Safe to repeat: the subscriber's inbox passes over what it has applied, and is kept longer than the stream.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lhctl.messaging.broker import send_again

STREAM = "events.stream"
PREFETCH = 200
# The stream says nothing at its end; it is reached when nothing comes for this long.
QUIET_SECONDS = 2.0


@dataclass
class Progress:
    """How far a replay is. `offset` is the place in the stream of the last event looked at, -1 before the first."""

    seen: int = 0
    sent: int = 0
    offset: int = -1
    types: dict[str, int] = field(default_factory=dict)


def pattern(keys: Iterable[str]) -> re.Pattern[str]:
    """A regular expression for AMQP topic keys: `*` is one word, `#` any number of words."""
    return re.compile("|".join(f"(?:{_expression(key)})" for key in keys) or r"(?!)")


def _expression(key: str) -> str:
    if key == "#":
        return ".*"
    words = {"*": r"[^.]+", "#": r".*"}
    return r"\.".join(words.get(word, re.escape(word)) for word in key.split(".")).replace(r"\..*", r"(?:\..*)?")


def start_of(since: str, offset: int | None) -> Any:
    """Where to begin, in the stream's own words: an offset, a time, its first event; ValueError when it is no time."""
    if offset is not None:
        return offset
    return datetime.fromisoformat(since) if since else "first"


def run(
    channel: Any,
    queue: str,
    wanted: Callable[[str], bool],
    start: Any,
    *,
    progress: Progress,
    dry: bool = False,
    note: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Send each event whose type is `wanted` into `queue`; with `dry` only count. Raises AMQP errors when a copy was
    not confirmed: everything up to the offset in `progress` has been dealt with, and a new run may start after it."""
    # Waiting for a confirm takes in the next deliveries too, so they are set aside and sent one after the other.
    waiting: deque[Any] = deque()
    channel.basic_qos(0, PREFETCH, False)
    tag = channel.basic_consume(STREAM, callback=waiting.append, arguments={"x-stream-offset": start})
    while _receive(channel, waiting):
        while waiting:
            message = waiting.popleft()
            key = str(message.delivery_info["routing_key"])
            if wanted(key):
                if not dry:
                    send_again(channel, message, queue)
                progress.sent += 1
                progress.types[key] = progress.types.get(key, 0) + 1
            progress.seen += 1
            progress.offset = int((message.properties.get("application_headers") or {}).get("x-stream-offset", -1))
            channel.basic_ack(message.delivery_tag)
            note(progress)
    channel.basic_cancel(tag)


def _receive(channel: Any, waiting: deque[Any]) -> bool:
    """Wait for the next events; False at the end of the stream."""
    try:
        channel.connection.drain_events(timeout=QUIET_SECONDS)
    except TimeoutError:
        return bool(waiting)
    return True
