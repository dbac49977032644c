"""The command line of lhctl."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lhctl import audit, gate_command
from lhctl.errors import RefusedError, StepFailedError, require_root
from lhctl.messaging import verbs as messaging
from lhctl.ports import Host


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0: done. 1: a change failed and was taken back. 2: refused, nothing was tried."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, command = gate_command.split(words)
    options = build_parser().parse_args(own)
    options.command = command
    os.umask(0o022)
    try:
        status = audit.carry_out(lambda: int(options.handle(options, words)), options, words)
    except RefusedError as error:
        return _fail(options, str(error), 2)
    except StepFailedError as error:
        return _fail(options, "\n".join([error.reason, *error.log]), 1)
    except BrokenPipeError:
        return 1
    return status


def _fail(options: argparse.Namespace, message: str, status: int) -> int:
    sys.stderr.write(f"lhctl: {message}\n")
    if getattr(options, "result", None):
        # Somebody waits for the result of this unit and does not see its journal.
        options.result.write_text(json.dumps({"refused": message}), encoding="utf-8")
    return status


def build_parser() -> argparse.ArgumentParser:
    """Every verb of lhctl with its options."""
    parser = argparse.ArgumentParser(prog="lhctl", description="Releases of this host's services.")
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)

    status = verbs.add_parser("status", help="what runs here")
    status.add_argument("--json", action="store_true")
    status.set_defaults(handle=_status)

    doctor = verbs.add_parser("doctor", help="say what is wrong here, why, and what to type next")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(handle=_doctor)

    converge = _changing(verbs, "converge", "bring services to what the last play asked for")
    converge.add_argument("desired", nargs="?", type=Path, help="a document, - for stdin; default: what was asked last")
    converge.add_argument("--only", nargs="*", default=[], metavar="SERVICE")
    converge.add_argument("--check", action="store_true", help="say what would be done and do nothing")

    deploy = _changing(verbs, "deploy", "release a service")
    deploy.add_argument("service")
    deploy.add_argument(
        "--version", default="", help="a release kept on this host; default: what the last play brought"
    )
    deploy.add_argument("--force", action="store_true", help="also when quarantined or not carried by the schema")
    for verb in (converge, deploy):
        _pace(verb)

    plan = verbs.add_parser("plan", help="say what a deploy would change and do, and do nothing")
    plan.add_argument("service")
    plan.add_argument("--version", default="", help="default: what the last play brought")
    plan.add_argument("--json", action="store_true")
    _pace(plan)
    plan.set_defaults(handle=_plan)

    for name, purpose in (
        ("promote", "give a release in its canary all requests now"),
        ("abort", "take the requests back from a release in its canary"),
    ):
        _changing(verbs, name, purpose).add_argument("service")

    rollback = _changing(verbs, "rollback", "go back to the release that served before")
    rollback.add_argument("service")
    rollback.add_argument("--to", default="", metavar="VERSION", help="any release kept on this host")

    _changing(
        verbs, "restart", "give services new processes of the release that serves, through the switch"
    ).add_argument("services", nargs="+", metavar="SERVICE")
    _changing(
        verbs, "upgrade", "install security upgrades, then replace what runs old files"
    ).usage = "lhctl upgrade [--json] [--wait SECONDS] [-- COMMAND …]"

    retire = _changing(verbs, "retire", "stop services and remove their releases; their data stays")
    which = retire.add_mutually_exclusive_group(required=True)
    which.add_argument("services", nargs="*", default=[], metavar="SERVICE")
    which.add_argument("--all-but", nargs="*", metavar="SERVICE", help="every service of this host that is not named")
    _changing(
        verbs, "contract", "take away from the schema what only releases before needed; no way back to them after"
    ).add_argument("service")
    cool = _changing(verbs, "cool", "end the rollback window of a service that is over")
    cool.add_argument("service")
    cool.add_argument("--now", action="store_true", help="also when it is not over: the way back becomes a slower one")
    _changing(verbs, "links", "make the upstream links from the recorded state", inside=True)

    gate_command.add(verbs)

    ready = verbs.add_parser("await-ready", help="used by web units: wait until the expected release answers")
    ready.add_argument("--path", default="/readyz")
    ready.add_argument("--seconds", type=float, default=60.0)
    ready.set_defaults(handle=_await_ready)

    fleet = verbs.add_parser("run-fleet", help="used by fleet units: run supervisord, fail when a program cannot live")
    fleet.add_argument("--control", type=Path, required=True)
    fleet.add_argument("program", nargs="+")
    fleet.set_defaults(handle=_run_fleet)

    messaging.add(verbs)
    audit.add(verbs)
    return parser


def _pace(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--canary", type=_percentages, default=(), metavar="5,25,50", help="percent of the requests to begin with"
    )
    verb.add_argument("--soak", type=float, metavar="SECONDS", help="how long to look at each percentage (default 60)")
    verb.add_argument("--watch", type=float, metavar="SECONDS", help="how long to look after the switch; 0: not at all")


def _percentages(text: str) -> tuple[int, ...]:
    steps = tuple(int(word) for word in text.split(",") if word)
    if list(steps) != sorted(set(steps)) or not all(0 < step < 100 for step in steps):
        raise argparse.ArgumentTypeError(f"{text!r}: rising percentages between 1 and 99, such as 5,25,50")
    return steps


def _changing(verbs: Any, name: str, purpose: str, *, inside: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=purpose)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for a run that holds the lock")
    parser.add_argument("--foreground", action="store_true", default=inside, help="not under a unit of its own")
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--run", default=f"{name}-{os.getpid()}", help=argparse.SUPPRESS)
    parser.set_defaults(handle=_change, verb=name)
    return parser


def _status(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl import status  # noqa: PLC0415 - ExecStartPost and boot run this file too and must be quick

    found = status.collect(_host())
    sys.stdout.write((json.dumps(found, indent=2) if options.json else status.table(found)) + "\n")
    return 0


def _doctor(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl import doctor, evidence  # noqa: PLC0415

    require_root("a doctor has to look everywhere")
    found = doctor.diagnose(evidence.gather(_host()))
    sys.stdout.write((json.dumps(doctor.as_data(found), indent=2) if options.json else doctor.as_text(found)) + "\n")
    return 1 if any(complaint.urgent for complaint in found) else 0


def _plan(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl import forecast, runs  # noqa: PLC0415

    host = _host()
    found = forecast.forecast(host, runs.wanted_by(host, options))
    sys.stdout.write((json.dumps(found, indent=2) if options.json else forecast.as_text(found)) + "\n")
    return 0


def _change(options: argparse.Namespace, words: Sequence[str]) -> int:
    from lhctl import report, transient  # noqa: PLC0415

    require_root("releases are root's work here")
    if str(getattr(options, "desired", "")) == "-":
        return _change_from_stdin(options, words)
    if options.foreground or getattr(options, "check", False):
        from lhctl import under_lock  # noqa: PLC0415

        result = under_lock.work(_host(), options)
        status = 1 if result["failed"] else 0
    else:
        status, result = transient.run_detached(words, _host().layout, progress=not options.json)
        if "refused" in result:
            raise RefusedError(result["refused"])
    if options.result:
        options.result.write_text(json.dumps(result), encoding="utf-8")
    elif options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        if result.get("failed"):
            sys.stderr.write(report.as_text(result) + "\n")
    elif result.get("services"):
        sys.stdout.write(report.as_text(result) + "\n")
    return status


def _change_from_stdin(options: argparse.Namespace, words: Sequence[str]) -> int:
    """A unit has no stdin of ours, so the document becomes a file for as long as the run lasts."""
    folder = _host().layout.results
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".desired.json", encoding="utf-8") as file:
        file.write(sys.stdin.read())
        file.flush()
        options.desired = Path(file.name)
        return _change(options, [file.name if word == "-" else word for word in words])


def _host() -> Host:
    from lhctl.host import this_host  # noqa: PLC0415

    return this_host()


def _await_ready(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl.await_ready import await_ready  # noqa: PLC0415

    reason = await_ready(options.path, options.seconds)
    return _fail(options, reason, 1) if reason else 0


def _run_fleet(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl.fleet import Fleet  # noqa: PLC0415

    return Fleet(options.program, options.control).run()
