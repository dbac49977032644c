"""The command line: which commands there are, what they take, and how their errors read."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence

from control.errors import FailedError, RefusedError

DEFAULT_HOST = "sandbox"

_EPILOG = """\
files:  .longhouse/hosts/NAME.json   address, base_url, ca_file, ssh, inventory of a running host
        .longhouse/hosts/NAME/       its log files (boot.log, ansible.log), keys and inventory
"""


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 done, 1 it failed, 2 it was refused and nothing was changed."""
    if argv[:1] == ["test"]:  # has a parser of its own
        tested: int = importlib.import_module("control.testing").run(list(argv[1:]))
        return tested
    arguments = build_parser().parse_args(argv)
    # Imported when asked for: `ssh` shall not wait for what only `up` needs.
    command = importlib.import_module(f"control.commands.{arguments.command}")
    try:
        status: int = command.run(arguments)
        return status
    except RefusedError as error:
        return _say(arguments, f"{error}", status=2)
    except FailedError as error:
        return _say(arguments, f"{error}", detail=error.detail, hint=error.hint, status=1)
    except KeyboardInterrupt:
        return _say(arguments, "interrupted; the same command continues where it stopped", status=130)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="longhouse",
        description="Python web services on one plain Debian server: try them on a disposable host, test, deploy.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    host = argparse.ArgumentParser(add_help=False)
    host.add_argument("--host", default=DEFAULT_HOST, metavar="NAME", help="sandbox host (default: %(default)s)")
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", action="store_true", help="print one machine-readable result on stdout")

    commands.add_parser(
        "up", parents=[host, output], help="boot a host, provision it, place an order, wait for its email"
    )
    boot = commands.add_parser("boot", parents=[host, output], help="boot a plain Debian host and write its inventory")
    boot.add_argument(
        "--groups", type=_words, default=None, metavar="A,B", help="inventory groups it is in (default: all)"
    )
    down = commands.add_parser("down", parents=[host, output], help="stop and remove a host, leaving nothing behind")
    down.add_argument("--all", action="store_true", help="every host")
    ssh = commands.add_parser("ssh", parents=[host], help="a root shell on the host, or one command")
    ssh.add_argument("remote", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="what to run instead of a shell")
    init = commands.add_parser("init", parents=[output], help="write the inventory and secrets of your own server")
    init.add_argument("environment", metavar="ENVIRONMENT", help="staging or production")
    init.add_argument("--host", dest="address", required=True, metavar="ADDRESS", help="where ssh reaches it")
    init.add_argument("--domain", required=True, metavar="NAME", help="the name clients use, like shop.example.org")
    init.add_argument("--user", default="root", metavar="NAME", help="root, or who may sudo (default: %(default)s)")
    commands.add_parser("test", add_help=False, help="run the test suites (./longhouse test --help)")
    build = commands.add_parser("build", parents=[output], help="build artifacts of services into dist/")
    build.add_argument("services", nargs="+", metavar="SERVICE")
    deploy = commands.add_parser("deploy", parents=[host, output], help="build services and release them on the host")
    deploy.add_argument("services", nargs="+", metavar="SERVICE")
    deploy.add_argument("--canary", default="", metavar="5,25,50", help="percent of the requests to begin with")
    deploy.add_argument("--soak", type=int, default=60, metavar="SECONDS", help="how long to look at each percentage")
    deploy.add_argument("--watch", type=int, metavar="SECONDS", help="how long to look after the switch (default 5)")
    new = commands.add_parser("new", parents=[output], help="make a small service and its catalogue entry")
    new.add_argument("service", metavar="SERVICE")
    new.add_argument("--port", type=int, default=None, help="loopback port (default: the next free one)")
    commands.add_parser("lock", help="renew the hash-locked requirements files from their .in files")
    return parser


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _say(arguments: argparse.Namespace, message: str, *, status: int, detail: str = "", hint: str = "") -> int:
    if detail:
        print(detail, file=sys.stderr)
    print(f"longhouse: {message}", file=sys.stderr)
    if hint:
        print(f"longhouse: next: {hint}", file=sys.stderr)
    if getattr(arguments, "json", False):
        print(json.dumps({"ok": False, "error": message, "detail": detail, "hint": hint}))
    return status
