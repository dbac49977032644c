"""Run the suites asked for, in the order of the table, and say how each went."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

from control.testing.output import shown
from control.testing.suites import SUITES, Step, Suite

ROOT = Path(__file__).resolve().parents[2]
TEST_HOST = "test"


def run(argv: list[str]) -> int:
    """Run the named suites (all but the long ones when none is named); 0 when every one passed, 1 otherwise."""
    arguments = _parse(argv)
    chosen = [suite for suite in SUITES if _is_chosen(suite, arguments.suites)]
    results = [(suite, *_timed(suite, arguments.host, _options_of(suite, arguments))) for suite in chosen]
    print()
    for suite, failures, seconds in results:
        print(f"{'FAILED' if failures else 'passed'}  {suite.name:<10} {seconds:7.1f} s  {suite.promise}")
    failed = sum(bool(failures) for _, failures, _ in results)
    for suite, failures, _ in results:
        for failure in failures:
            print(f"\n{suite.name}: {failure}")
    print(f"\n{len(results) - failed} passed, {failed} failed")
    if not arguments.suites:
        print(f"the long ones run when they are named: {', '.join(suite.name for suite in SUITES if suite.when_named)}")
    return 1 if failed else 0


def _is_chosen(suite: Suite, named: list[str]) -> bool:
    return suite.name in named if named else not suite.when_named


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="longhouse test", description="Run the test suites; by default all but the long ones, which it names."
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=" ".join(suite.name for suite in SUITES))
    parser.add_argument("--host", default=TEST_HOST, help="sandbox host of suites that need one (%(default)s)")
    faults = parser.add_argument_group("of the suite faults")
    faults.add_argument("--seed", metavar="N", help="what its schedules are drawn from")
    faults.add_argument("--schedules", metavar="M", help="how many; by default a fixed set and a few drawn ones")
    faults.add_argument("--only", metavar="K", help="just the schedule of this number")
    faults.add_argument("--fault", metavar="NAME", help="just this fault")
    arguments = parser.parse_args(argv)
    known = {suite.name for suite in SUITES}
    unknown = [name for name in arguments.suites if name not in known]
    if unknown:
        parser.error(f"no suite named {', '.join(unknown)}; there are: {', '.join(suite.name for suite in SUITES)}")
    return arguments


def _options_of(suite: Suite, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Words for the suite's last command: options given for this suite."""
    given = {name: getattr(arguments, name) for name in suite.options}
    return tuple(word for name, value in given.items() if value is not None for word in (f"--{name}", value))


def _timed(suite: Suite, host: str, options: tuple[str, ...]) -> tuple[list[str], float]:
    print(f"\n== {suite.name}: {suite.promise}", flush=True)
    started = time.monotonic()
    if suite.needs_host and (failures := _provision(host)):
        return failures, time.monotonic() - started
    # Every step runs, so that one look at the output shows all there is to mend.
    *steps, last = suite.steps
    steps.append(dataclasses.replace(last, command=(*last.command, *options)))
    return [failure for step in steps for failure in _failures(step, host)], time.monotonic() - started


def _provision(host: str) -> list[str]:
    return _failures(Step(f"sandbox host {host}", ("{python}", "-m", "control", "up", "--host", host)), host)


def _failures(step: Step, host: str) -> list[str]:
    """Run one step with its output shown live; when it fails, its command and what it said has failed."""
    venv = Path(sys.executable).parent
    words = [word.format(python=sys.executable, venv=venv, host=host, root=ROOT) for word in step.command]
    extra = {key: value.format(host=host, root=ROOT) for key, value in step.environment.items()}
    environment = os.environ | extra | {"PATH": f"{venv}:{os.environ['PATH']}"}
    started = time.monotonic()
    print(f"-- {step.name}", flush=True)
    status, failures = shown(words, ROOT / step.folder, environment)
    verdict = "ok" if status == 0 else f"failed with status {status}"
    print(f"   {step.name}: {verdict}, {time.monotonic() - started:.1f} s", flush=True)
    if status == 0:
        return []
    settings = "".join(f"{key}={value} " for key, value in extra.items())
    again = f"again: cd {ROOT / step.folder}; {settings}{' '.join(words)}"
    print(f"   {again}", flush=True)
    return ["\n  ".join([f"{step.name}: {verdict}", *failures, again])]
