"""`lhctl events`, `lhctl dead-letters` and `lhctl replay`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from lhctl.errors import RefusedError
from lhctl.layout import Layout
from lhctl.messaging import broker, dead_letters, overview, replay
from lhctl.messaging.dead_letters import GIVEN_UP, SUFFIX, DeadLetter, Held
from lhctl.messaging.outbox import Outboxes

LOOK_AT_MOST = 1000


def _say(options: argparse.Namespace, data: Any, text: str) -> int:
    sys.stdout.write((json.dumps(data, indent=2) if options.json else text) + "\n")
    return 0


def events(options: argparse.Namespace) -> int:
    found = overview.collect(Layout())
    # Looked at, not counted: the broker's counts are seconds old.
    reasons = Counter((letter.source, letter.reason) for letter in _letters(""))
    return _say(options, overview.as_data(found, reasons), overview.as_text(found, reasons))


def show_list(options: argparse.Namespace) -> int:
    letters = _letters(options.queue)
    lines = [
        f"{letter.id}  {letter.died_at}  {letter.source}  {letter.type}  tries {letter.tries}: {letter.reason}"
        for letter in letters
    ]
    data = [{key: value for key, value in asdict(letter).items() if key != "body"} for letter in letters]
    return _say(options, data, "\n".join(lines) or "no dead letters")


def show_one(options: argparse.Namespace) -> int:
    letters = [letter for letter in _letters("") if letter.id == options.id]
    dead_letters.chosen(letters, [options.id])
    return _say(options, [asdict(letter) for letter in letters], json.dumps([asdict(x) for x in letters], indent=2))


def _letters(source: str) -> list[DeadLetter]:
    outboxes, secret = Outboxes(), broker.password(Layout())
    found: list[DeadLetter] = []
    for service in outboxes.services():
        if source in {"", GIVEN_UP + service}:
            found += dead_letters.given_up(outboxes, service, LOOK_AT_MOST)
    with broker.channel(secret) as channel:
        for queue in _queues(secret, source):
            found += [held.letter for held in dead_letters.hold(channel, queue, LOOK_AT_MOST)]
    return found


def _queues(secret: str, source: str) -> list[str]:
    """Queues that have dead letters, or the one named; raises RefusedError for a name that none has."""
    dead = [queue for queue in broker.Management(secret).queues() if queue.name.endswith(SUFFIX)]
    names = [queue.name.removesuffix(SUFFIX) for queue in dead]
    if source.startswith(GIVEN_UP):
        return []
    if source and source not in names:
        raise RefusedError(f"no queue {source} has dead letters here; known: {', '.join(names)}, '{GIVEN_UP}SERVICE'")
    return [source] if source else names


def redrive(options: argparse.Namespace) -> int:
    outboxes = Outboxes()
    return _act(
        options, "sent again",
        lambda channel, held: dead_letters.redrive(channel, held, _progress),
        outboxes.redrive,
    )  # fmt: skip


def drop(options: argparse.Namespace) -> int:
    layout, outboxes = Layout(), Outboxes()
    keep = layout.variable / "dropped-dead-letters"

    def remove(service: str, ids: Sequence[str]) -> list[str]:
        chosen = set(ids)
        letters = dead_letters.given_up(outboxes, service, LOOK_AT_MOST)
        dead_letters.write_down(keep, [letter for letter in letters if letter.id in chosen])
        return [row["id"] for row in outboxes.drop(service, ids)]

    return _act(options, "dropped", lambda channel, held: dead_letters.drop(channel, held, keep), remove)


def _act(
    options: argparse.Namespace,
    word: str,
    on_messages: Callable[[Any, list[Held]], list[str]],
    on_rows: Callable[[str, Sequence[str]], list[str]],
) -> int:
    """Do one thing to the named dead letters, or to all of a queue; raises RefusedError before anything is done."""
    if bool(options.id) == bool(options.queue):
        raise RefusedError("say which: ids from lhctl dead-letters list, or --queue NAME for all of one")
    letters = _letters(options.queue)
    ids = set(dead_letters.chosen(letters, options.id or [letter.id for letter in letters]))
    done: list[str] = []
    for source in sorted({letter.source for letter in letters if letter.id in ids}):
        mine = {letter.id for letter in letters if letter.source == source and letter.id in ids}
        if source.startswith(GIVEN_UP):
            done += on_rows(source.removeprefix(GIVEN_UP), sorted(mine))
            continue
        with broker.channel(broker.password(Layout())) as channel:
            held = dead_letters.hold(channel, source, LOOK_AT_MOST)
            done += on_messages(channel, [item for item in held if item.letter.id in mine])
    return _say(options, {"done": done}, f"{len(done)} {word}")


def replay_events(options: argparse.Namespace) -> int:
    try:
        start = replay.start_of(options.since, options.offset)
    except ValueError:
        raise RefusedError(f"--since {options.since} is no time; write 2026-01-31T12:00:00Z") from None
    secret = broker.password(Layout())
    management, queue = broker.Management(secret), f"{options.service}.events"
    subscribers = [found.name for found in management.queues() if re.fullmatch(r"[^.]+\.events", found.name)]
    if queue not in subscribers:
        known = ", ".join(name.removesuffix(".events") for name in subscribers)
        raise RefusedError(f"{options.service} subscribes to no events; known: {known}")
    subscribed = replay.pattern(management.binding_keys(queue))
    asked = replay.pattern([options.type])
    progress = replay.Progress()
    try:
        with broker.channel(secret) as channel:
            replay.run(
                channel, queue, lambda key: bool(subscribed.fullmatch(key) and asked.fullmatch(key)), start,
                dry=options.dry_run, progress=progress, note=_note,
            )  # fmt: skip
    except RefusedError as error:
        raise RefusedError(
            f"{error}\n{progress.sent} were sent; continue with --offset {progress.offset + 1}"
        ) from None
    word = "would be sent" if options.dry_run else "sent"
    return _say(options, asdict(progress), f"{progress.seen} events looked at, {progress.sent} {word} to {queue}")


def _note(progress: replay.Progress) -> None:
    if progress.seen % 1000 == 0:
        _progress(f"{progress.seen} looked at, {progress.sent} sent, offset {progress.offset}")


def _progress(text: str) -> None:
    sys.stderr.write(f"lhctl: {text}\n")
