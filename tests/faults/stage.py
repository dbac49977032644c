"""One schedule on one host: load, faults, healing, settling, judgement."""

from __future__ import annotations

import asyncio
import json
import random
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiohttp

from tests.e2e.sandbox import Sandbox
from tests.faults.customers import Shop
from tests.faults.fault import MISSED
from tests.faults.history import Evidence, History
from tests.faults.rules import breaches
from tests.faults.schedules import Event, Schedule

CUSTOMERS = 3
SETTLE_SECONDS = 60.0
REACH_SECONDS = 60.0
UNREACHABLE = 255
_COLLECT = (Path(__file__).parent / "collect.py").read_text()


@dataclass(frozen=True)
class Verdict:
    """How one schedule went; ``recovery``: seconds from the end of the last fault until everything was in its place.

    ``missed`` counts failpoints that nobody passed while they were armed. ``late``: all was well in the end, after more
    than the limit of its faults; how long a program takes to start is also the machine's doing, so it is no breach.
    """

    schedule: Schedule
    history: History
    recovery: float
    breaches: list[str]
    missed: int = 0
    late: str = ""


async def perform(sandbox: Sandbox, schedule: Schedule) -> Verdict:
    """Run ``schedule`` under load and judge it. All faults are healed when this returns or raises."""
    faults = [event.fault for event in schedule.events]
    history = History(
        honest=frozenset().union(*(fault.honest for fault in faults)),
        poison=tuple(fault.poison for fault in faults if fault.poison),
    )
    try:
        recovery, missed, found = await _perform(sandbox, schedule, history)
    except (aiohttp.ClientError, RuntimeError, ExceptionGroup) as error:
        return Verdict(schedule, history, 0.0, [f"the schedule itself failed: {_words(error)}"])
    limit = max(event.fault.recovery for event in schedule.events)
    late = f"recovery took {recovery:.1f} s, more than {limit:.0f} s" if not found and recovery > limit else ""
    return Verdict(schedule, history, recovery, found, missed, late)


def _words(error: Exception) -> str:
    inner = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    return "; ".join(f"{type(one).__name__}: {str(one)[-500:]}" for one in inner)


async def _perform(sandbox: Sandbox, schedule: Schedule, history: History) -> tuple[float, int, list[str]]:
    tag = f"f{uuid4().hex[:12]}"
    history.dead_before = await dead(sandbox, tag)
    async with Shop(sandbox, history, random.Random(schedule.seed), tag) as shop:
        await shop.open(CUSTOMERS)
        shop.begin()
        try:
            async with asyncio.TaskGroup() as faults:
                begun = [faults.create_task(_bring_about(sandbox, event)) for event in schedule.events]
        finally:
            for event in schedule.events:
                await _shell(sandbox, event.fault.heal)
        healed = time.monotonic()
        await shop.finish()
    found = await settled(sandbox, history, tag, healed)
    recovery = time.monotonic() - healed
    await _bury(sandbox, history)
    return recovery, sum(task.result() for task in begun), found


async def _bring_about(sandbox: Sandbox, event: Event) -> bool:
    """Inject, wait, heal; True when healing found that the fault had never come about."""
    await asyncio.sleep(event.begins)
    try:
        await _shell(sandbox, event.fault.inject)
        await asyncio.sleep(event.ends - event.begins)
    finally:
        said = await _shell(sandbox, event.fault.heal)
    return MISSED in said


async def dead(sandbox: Sandbox, tag: str) -> frozenset[str]:
    """Ids of what an earlier user of the host left among the dead."""
    return frozenset(letter.id for letter in (await _collect(sandbox, tag, "yes")).dead or ())


async def settled(sandbox: Sandbox, history: History, tag: str, since: float) -> list[str]:
    """Look until no rule is broken, at most `SETTLE_SECONDS` after ``since`` (monotonic); returns what still is."""
    while True:
        # Counting messages starts an Erlang machine on the host: only when all else is well.
        for with_queues in ("no", "yes"):
            found = await _look(sandbox, history, tag, with_queues)
            if found:
                break
        if not found or time.monotonic() - since > SETTLE_SECONDS:
            return found
        await asyncio.sleep(0.5)


async def _bury(sandbox: Sandbox, history: History) -> None:
    """Drop the poison that the schedule sent; whatever else died is left for people to look at."""
    ids = {letter.id for letter in history.died if history.poison and letter.reason.startswith(history.poison)}
    if ids:
        await _shell(sandbox, shlex.join(["lhctl", "dead-letters", "drop", *sorted(ids)]))


async def _look(sandbox: Sandbox, history: History, tag: str, with_queues: str) -> list[str]:
    try:
        history.evidence = await _collect(sandbox, tag, with_queues)
    except RuntimeError as error:
        # A database or broker that is not back yet cannot be asked.
        return [f"cannot look: {str(error)[-300:]}"]
    return breaches(history)


async def _collect(sandbox: Sandbox, tag: str, with_queues: str) -> Evidence:
    arguments = shlex.join([tag, sandbox.mail_dir, with_queues])
    return Evidence.of(json.loads(await _shell(sandbox, f"python3 - {arguments}", _COLLECT)))


async def _shell(sandbox: Sandbox, command: str, text: str = "") -> str:
    """Output of a command on the host; RuntimeError with what it printed when it fails."""
    if not command:
        return ""
    pipe = asyncio.subprocess.PIPE
    deadline = time.monotonic() + REACH_SECONDS
    while True:
        process = await asyncio.create_subprocess_exec(*sandbox.ssh, command, stdin=pipe, stdout=pipe, stderr=pipe)
        output, errors = await process.communicate(text.encode())
        # 255 is ssh's own failure: a host that reboots, or a line that is bad.
        if process.returncode != UNREACHABLE or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    if process.returncode:
        raise RuntimeError(f"{command}: {errors.decode()}{output.decode()}")
    return output.decode()
