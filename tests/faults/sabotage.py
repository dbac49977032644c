"""Does the checker notice? `python -m tests.faults.sabotage --host NAME`: takes each guard out and wants complaints.

Each sabotage changes a few words of the code that runs on the host, brings about the fault the guard is there for, and
passes when the rules speak up. The code is put back afterwards. A checker that never complains proves nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
import time
from dataclasses import dataclass

from tests.e2e.sandbox import Sandbox
from tests.faults.registry import FAULTS
from tests.faults.schedules import Event, Schedule
from tests.faults.stage import Verdict, perform

# A Celery worker that has just started takes no tasks yet, and the failpoint would be over before it does.
WARM_UP_SECONDS = 15
SITE_PACKAGES = "venv/lib/python3.13/site-packages"


@dataclass(frozen=True)
class Edit:
    """In ``file`` (below site-packages), ``old`` becomes ``new``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Sabotage:
    """``guard`` is taken out of ``service``; during ``fault`` lines with one of ``complaints`` must come.

    ``prepare`` and ``restore`` are SQL in the service's database, for guards that live there.
    """

    guard: str
    service: str
    edits: tuple[Edit, ...]
    fault: str
    complaints: tuple[str, ...]
    prepare: str = ""
    restore: str = ""


_NO_CONFIRM = Edit(
    "chassis/messaging/publisher.py",
    "        deadline = time.monotonic() + self._confirm_seconds\n",
    "        return {message.id: Outcome(Verdict.CONFIRMED) for message in batch}\n"
    "        deadline = time.monotonic() + self._confirm_seconds\n",
)
_NO_INBOX = Edit(
    "chassis/messaging/inbox.py",
    "    cursor = connection.execute(",
    "    return True\n    cursor = (",
)
# The notifications' own uniqueness is a second guard behind the inbox, and a delivery's derived id a third.
_NO_SECOND_GUARD = Edit("notifications/subscriptions/intake.py", " ON CONFLICT (event_id, template) DO NOTHING", "")
_NO_THIRD_GUARD = Edit("chassis/identifiers.py", "    time = parent.int", "    return _uuid7()\n    time = parent.int")
_NO_IDEMPOTENCY = Edit(
    "chassis/idempotency.py",
    '        """Keep ``answer`` with the transaction of the change it tells of."""\n',
    '        """Keep nothing."""\n        return\n',
)
_NO_SWEEPER = Edit("notifications/delivery/sweeper.py", "    with connection.transaction():\n        abandoned",
                   "    return 0, 0\n    with connection.transaction():\n        abandoned")  # fmt: skip

SABOTAGES = (
    Sabotage("relay's wait for the confirm", "order", (_NO_CONFIRM,), "half-open RabbitMQ", ("lost:",)),
    Sabotage(
        "inbox",
        "notification",
        (_NO_INBOX, _NO_SECOND_GUARD, _NO_THIRD_GUARD),
        "kill notification at consumer.committed",
        ("doubled:",),
        prepare="ALTER TABLE notification DROP CONSTRAINT uq_notification_event_id_template",
        restore="DELETE FROM notification a USING notification b WHERE a.event_id = b.event_id"
        " AND a.template = b.template AND a.id > b.id;"
        " ALTER TABLE notification ADD CONSTRAINT uq_notification_event_id_template UNIQUE (event_id, template)",
    ),
    Sabotage("idempotency record", "order", (_NO_IDEMPOTENCY,), "kill order at web.committed", ("doubled:",)),
    Sabotage("sweeper", "notification", (_NO_SWEEPER,), "kill notification at courier.sent", ("stuck:",)),
)


def noticed(sandbox: Sandbox, sabotage: Sabotage) -> Verdict:
    """The verdict while the guard is out; puts everything back."""
    folder = f"$(readlink -f /opt/longhouse/{sabotage.service}/$colour)/{SITE_PACKAGES}"
    colour = f"colour=$(basename $(readlink /run/longhouse/{sabotage.service}/upstream/00) .sock);"
    try:
        if sabotage.prepare:
            _sql(sandbox, sabotage.service, sabotage.prepare)
        for edit in sabotage.edits:
            file = f"{folder}/{edit.file}"
            program = f"import sys; text = sys.stdin.read(); old, new = {edit.old!r}, {edit.new!r}; assert old in text;"
            change = f"python3 -c {shlex.quote(program + 'sys.stdout.write(text.replace(old, new, 1))')}"
            # Not in place: releases share files. The compiled file goes, or nobody would look at the source.
            sandbox.run(f"{colour} f={file}; cp -a $f $f.whole && {change} < $f.whole > $f.new"
                        f" && chmod 644 $f.new && mv $f.new $f && {_COMPILED_ASIDE}")  # fmt: skip
        _restart(sandbox, sabotage.service, colour)
        time.sleep(WARM_UP_SECONDS)
        fault = FAULTS[sabotage.fault]
        schedule = Schedule(sabotage.guard, sabotage.guard, (Event(fault, 1.0, 1.0 + fault.seconds[1]),))
        return asyncio.run(perform(sandbox, schedule))
    finally:
        for edit in sabotage.edits:
            file = f"{folder}/{edit.file}"
            sandbox.run(f"{colour} f={file}; if [ -e $f.whole ]; then mv $f.whole $f; fi; {_COMPILED_BACK}")
        _restart(sandbox, sabotage.service, colour)
        if sabotage.restore:
            _sql(sandbox, sabotage.service, sabotage.restore)


_COMPILED = "$(dirname $f)/__pycache__/$(basename $f .py).cpython-313.pyc"
_COMPILED_ASIDE = f"if [ -e {_COMPILED} ]; then mv {_COMPILED} {_COMPILED}.whole; fi"
_COMPILED_BACK = f"if [ -e {_COMPILED}.whole ]; then mv {_COMPILED}.whole {_COMPILED}; fi"


def _restart(sandbox: Sandbox, service: str, colour: str) -> None:
    sandbox.run(f"{colour} systemctl restart longhouse-{service}@$colour longhouse-{service}-fleet@$colour")


def _sql(sandbox: Sandbox, service: str, statements: str) -> None:
    sandbox.run(f"runuser -u postgres -- psql -qd longhouse_{service} -c {shlex.quote(statements)}")


def main(argv: list[str]) -> int:
    """Exit status 0 when every sabotage was noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sabotage", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--guard", choices=[sabotage.guard for sabotage in SABOTAGES], help="just this one")
    arguments = parser.parse_args(argv)
    sandbox, missed = Sandbox.read(arguments.host), 0
    for sabotage in SABOTAGES:
        if arguments.guard not in (None, sabotage.guard):
            continue
        verdict = noticed(sandbox, sabotage)
        lines = [line for line in verdict.breaches if any(words in line for words in sabotage.complaints)]
        missed += not lines
        orders = len(verdict.history.evidence.orders)
        print(
            f"without the {sabotage.guard}: {orders} orders, {len(lines)} complaints after {sabotage.fault}", flush=True
        )
        for line in lines[:3]:
            print(f"    {line}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
