"""The command line of longhouse-backup."""

from __future__ import annotations

import argparse
import json
import sys

import longhouse_record
from longhouse_audit import recorded

from longhouse_backup import canary, plan, restoring, taking
from longhouse_backup.drill import drill
from longhouse_backup.programs import BackupError


def main() -> int:
    """Run one subcommand; 0 when it did what it says, 1 with a reason otherwise."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except BackupError as error:
        print(f"longhouse-backup {arguments.command}: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "publish":
        # The first backup may be older than the exporter that tells of it.
        plan.METRICS.parent.mkdir(parents=True, exist_ok=True)
        longhouse_record.publish(plan.RECORD, plan.STATUS, plan.METRICS)
    elif arguments.command == "canary":
        canary.beat()
        canary.send_off()
    elif arguments.command == "take":
        taking.take(plan.read(), arguments.type)
    elif arguments.command == "drill":
        known = plan.read()
        age = known.drill_age if arguments.age is None else arguments.age
        verdict = drill(known, arguments.repository or known.proven, age)
        print(json.dumps(verdict))
        return 0 if verdict["verdict"] == "proven" else 1
    else:
        with recorded("backup.restore", arguments.database or "all databases", " ".join(sys.argv[1:])):
            print(json.dumps(restoring.restore(plan.read(), restoring.request_of(arguments))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="longhouse-backup", description="Backups of the databases, and their proof.")
    commands = parser.add_subparsers(dest="command", required=True)
    take = commands.add_parser("take", help="take a backup into every repository")
    take.add_argument("type", choices=taking.KINDS)
    commands.add_parser("canary", help="write this minute's canary row, and have it archived")
    commands.add_parser("publish", help="write metrics and status from the record (root)")
    drilled = commands.add_parser("drill", help="restore beside the database and prove it")
    drilled.add_argument("--age", type=int, help="seconds before now to restore to")
    drilled.add_argument("--repository", type=int, choices=(1, 2))
    restoring.add_arguments(commands.add_parser("restore", help="bring data back; see playbooks/restore.yml"))
    return parser
