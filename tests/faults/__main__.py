"""`python -m tests.faults --host NAME [--seed N] [--schedules M] [--fault NAME …]`: the fault suite."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time

from tests.e2e.sandbox import Sandbox
from tests.faults.registry import FAULTS
from tests.faults.report import line, totals
from tests.faults.schedules import Schedule, drawn, fixed, named
from tests.faults.stage import Verdict, perform

# What CI adds to the fixed set: one seed that it draws itself and prints.
RANDOM_SCHEDULES = 5


def main(argv: list[str]) -> int:
    """Exit status 0 when no rule was broken, and, if the schedules were asked for, none recovered late.

    What runs with every change must not fail because the machine had other work.
    """
    arguments = _parse(argv)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1_000_000)
    verdicts = asyncio.run(_perform_all(Sandbox.read(arguments.host), _chosen(arguments, seed)))
    print(totals(verdicts))
    print(f"again: ./longhouse test faults --seed {seed} --schedules {arguments.schedules or RANDOM_SCHEDULES}")
    asked_for = arguments.schedules is not None or arguments.only is not None or arguments.fault
    return 1 if any(verdict.breaches or (asked_for and verdict.late) for verdict in verdicts) else 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="longhouse test faults", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--seed", type=int, help="what the schedules are drawn from; a random one is printed")
    parser.add_argument("--schedules", type=int, help="how many; without it, the fixed set and a few drawn ones")
    parser.add_argument("--only", type=int, help="just this one of the seed's schedules")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), metavar="NAME", help="just this fault")
    return parser.parse_args(argv)


def _chosen(arguments: argparse.Namespace, seed: int) -> list[Schedule]:
    if arguments.fault:
        return [named(name) for name in arguments.fault]
    if arguments.only is not None:
        return [drawn(seed, arguments.only)]
    if arguments.schedules is None:
        return [*fixed(), *(drawn(seed, number) for number in range(RANDOM_SCHEDULES))]
    return [drawn(seed, number) for number in range(arguments.schedules)]


async def _perform_all(sandbox: Sandbox, schedules: list[Schedule]) -> list[Verdict]:
    verdicts, started = [], time.monotonic()
    for number, schedule in enumerate(schedules, 1):
        verdicts.append(await perform(sandbox, schedule))
        print(f"{number}/{len(schedules)} {time.monotonic() - started:5.0f} s  {line(verdicts[-1])}", flush=True)
    return verdicts


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
