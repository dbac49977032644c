"""The command line of longhouse-snapshot."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import longhouse_record

from longhouse_snapshot import plan, restoring
from longhouse_snapshot.archiving import archive, archives_of
from longhouse_snapshot.programs import SnapshotError
from longhouse_snapshot.proving import prove
from longhouse_snapshot.taking import forget, take, tidy

CREDENTIALS = Path("/etc/longhouse/snapshots/restic")


def main() -> int:
    """Run one subcommand; 0 when it did what it says, 1 with a reason otherwise."""
    arguments = _parser().parse_args()
    if "CREDENTIALS_DIRECTORY" not in os.environ:
        _begin_with_credentials()
    try:
        return _run(arguments, plan.read())
    except SnapshotError as error:
        print(f"longhouse-snapshot {arguments.command}: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace, known: plan.Plan) -> int:
    if arguments.command == "take":
        _make(known, take, "files/snapshot")
    elif arguments.command == "archive":
        _make(archives_of(known), archive, "archive/nightly")
    elif arguments.command == "prove":
        verdict = prove(known)
        longhouse_record.remember_drill(plan.RECORD, verdict)
        _publish()
        print(json.dumps(verdict))
        if verdict["verdict"] != "proven":
            return 1
        tidy(known)
    elif arguments.command == "adopt":
        print(json.dumps(restoring.adopt(known)))
    else:
        if arguments.archive:
            known = archives_of(known)
        restoring.restore(known, arguments.folder, arguments.snapshot or restoring.newest(known).label)
    return 0


def _make(known: plan.Plan, make: Callable[[plan.Plan], longhouse_record.Record], place: str) -> None:
    """Make a snapshot, remember at `place` what came of it, and forget those that are too old."""
    try:
        outcome = make(known)
    except SnapshotError as error:
        _remember_backup(place, {"error": str(error)})
        raise
    _remember_backup(place, outcome)
    print(json.dumps(outcome))
    forget(known)


def _remember_backup(place: str, outcome: longhouse_record.Record) -> None:
    longhouse_record.remember_backup(plan.RECORD, place, outcome)
    _publish()


def _publish() -> None:
    longhouse_record.publish(plan.RECORD, plan.RECORD, plan.METRICS, of="files")


def _begin_with_credentials() -> None:
    """Begin again where systemd hands the passwords over; they are readable nowhere else."""
    loaded = [f"--property=LoadCredentialEncrypted={name}:{CREDENTIALS / name}" for name in ("password", "store_keys")]
    words = ("--quiet", "--pipe", "--wait", "--collect", "--same-dir", "--service-type=exec", "--property=UMask=0077")
    os.execv("/usr/bin/systemd-run", ["systemd-run", *words, *loaded, "--", *sys.argv])  # noqa: S606


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="longhouse-snapshot", description="Snapshots of what no database holds.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("take", help="take one now")
    commands.add_parser("archive", help="store what the journal and Prometheus have finished writing")
    commands.add_parser("prove", help="restore the newest into a folder of its own and look at it")
    commands.add_parser("adopt", help="a new host: put the newest one's files where there are none")
    restore = commands.add_parser("restore", help="restore one into a folder, to look at it or to copy from it")
    restore.add_argument("folder", type=Path)
    restore.add_argument("--archive", action="store_true", help="of logs and metrics, instead of a snapshot")
    restore.add_argument("--snapshot", default="", help="its id; the newest one when not given")
    return parser
