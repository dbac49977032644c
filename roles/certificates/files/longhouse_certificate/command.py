"""The command line of longhouse-certificate; people start longhouse-certificate@now.service instead."""

from __future__ import annotations

import argparse
import sys

from longhouse_certificate import installing, plan, renewing


def main() -> int:
    """Run one subcommand; 0 when it did what it says, 1 with a reason otherwise."""
    arguments = _parser().parse_args()
    try:
        known = plan.read()
        if arguments.command == "renew":
            print(renewing.renew(known, asked=arguments.when == "now"))
        elif arguments.command == "install":
            print(installing.install(known))
        else:
            print(installing.settle(known))
    except (plan.CertificateError, OSError) as error:
        print(f"longhouse-certificate {arguments.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="longhouse-certificate", description="The edge's certificate by ACME.")
    commands = parser.add_subparsers(dest="command", required=True)
    renew = commands.add_parser("renew", help="as the client's account: ask the authority")
    renew.add_argument("when", choices=["due", "now"])
    commands.add_parser("install", help="as root: serve what was issued")
    commands.add_parser("settle", help="as root: ask when another one is wanted than is served")
    return parser
