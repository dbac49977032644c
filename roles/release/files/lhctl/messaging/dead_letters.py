"""Messages nobody could apply: what they are and why they died, sending them again, dropping them with a copy kept."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from lhctl.errors import RefusedError
from lhctl.messaging.broker import send_again
from lhctl.messaging.outbox import Outboxes

SUFFIX = ".dead"
GIVEN_UP = "outbox of "


@dataclass(frozen=True)
class DeadLetter:
    """One message. `source` is the queue it died in, or "outbox of <service>" when the broker never took it."""

    id: str
    source: str
    type: str
    reason: str
    tries: int
    died_at: str
    body: Any


class Channel(Protocol):
    """The part of an AMQP channel that is used here."""

    def basic_get(self, queue: str) -> Any: ...
    def basic_ack(self, delivery_tag: int) -> None: ...


@dataclass(frozen=True)
class Held:
    """A dead letter the broker has handed out: acknowledged it is gone, otherwise it goes back to its place."""

    letter: DeadLetter
    message: Any


def hold(channel: Channel, queue: str, limit: int) -> list[Held]:
    """Take up to `limit` messages of `queue`'s dead letters in hand, the oldest first."""
    held: list[Held] = []
    while len(held) < limit and (message := channel.basic_get(queue + SUFFIX)) is not None:
        held.append(Held(read(message, queue), message))
    return held


def read(message: Any, queue: str) -> DeadLetter:
    """What a message says of itself: our consumers write a reason, the broker's own dead-lettering another one."""
    properties = message.properties
    headers = properties.get("application_headers") or {}
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    fallback = headers.get("id") or hashlib.sha256(body).hexdigest()[:16]
    death: dict[str, Any] = next(iter(headers.get("x-death") or []), {})
    return DeadLetter(
        id=str(properties.get("message_id") or fallback),
        source=queue,
        type=str(properties.get("type") or headers.get("task") or "unknown"),
        reason=str(
            headers.get("x-reason") or _of_the_broker(headers.get("x-first-death-reason") or death.get("reason"))
        ),
        tries=int(headers.get("x-tries") or headers.get("x-delivery-count") or death.get("count") or 0),
        died_at=str(headers.get("x-died-at") or death.get("time") or ""),
        body=_readable(body),
    )


def _of_the_broker(reason: Any) -> str:
    words = {
        "delivery_limit": "delivered too often: its consumer died or gave it back each time",
        "rejected": "its consumer rejected it",
        "expired": "it waited too long",
        "maxlen": "its queue was full",
    }
    return words.get(str(reason), str(reason or "not said"))


def _readable(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"base64": base64.b64encode(body).decode()}


def given_up(outboxes: Outboxes, service: str, limit: int) -> list[DeadLetter]:
    """Events the relay of `service` gave up on."""
    return [
        DeadLetter(
            row["id"], GIVEN_UP + service, row["type"], row["last_error"] or "not said", row["attempts"],
            row["died_at"], row["payload"],
        )
        for row in outboxes.dead(service, limit)
    ]  # fmt: skip


def redrive(channel: Any, held: Iterable[Held], note: Callable[[str], None]) -> list[str]:
    """Send messages again to the queue they died in; each leaves the dead letters after the broker has its copy."""
    done = []
    for item in held:
        send_again(channel, item.message, item.letter.source)
        channel.basic_ack(item.message.delivery_tag)
        note(f"{item.letter.id} -> {item.letter.source}")
        done.append(item.letter.id)
    return done


def drop(channel: Channel, held: Iterable[Held], keep: Path) -> list[str]:
    """Remove messages for good; `keep` gets each as a line of JSON first."""
    done = []
    for item in held:
        write_down(keep, [item.letter])
        channel.basic_ack(item.message.delivery_tag)
        done.append(item.letter.id)
    return done


def write_down(keep: Path, letters: Iterable[DeadLetter]) -> None:
    """Append letters to `keep`, for root's eyes, and return when they are on disk."""
    keep.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(keep, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        for letter in letters:
            file.write(json.dumps(asdict(letter)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def chosen(letters: Iterable[DeadLetter], ids: Iterable[str]) -> list[str]:
    """The ids among `letters`; raises RefusedError for one that is not there."""
    present = {letter.id for letter in letters}
    wanted = list(dict.fromkeys(ids))
    missing = [one for one in wanted if one not in present]
    if missing:
        raise RefusedError(f"no dead letter {', '.join(missing)}; lhctl dead-letters list shows what there is")
    return wanted
