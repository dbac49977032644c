"""The words of `lhctl hold` and `lhctl maintenance`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from lhctl.errors import RefusedError, require_root


def add(verbs: Any) -> None:
    """Put both verbs onto lhctl's command line."""
    maintenance = verbs.add_parser("maintenance", help="answer 503 and Retry-After for a service, or stop doing so")
    maintenance.add_argument("service", nargs="?", help="default: list the services under maintenance")
    maintenance.add_argument("switch", nargs="?", choices=("on", "off"))
    maintenance.add_argument("--retry-after", type=int, default=60, metavar="SECONDS", help="default: %(default)s")
    maintenance.set_defaults(handle=_maintenance)

    hold = verbs.add_parser(
        "hold",
        help="let requests wait at the edge while a command runs",
        usage="lhctl hold [SERVICE …] [--seconds N] -- COMMAND …",
    )
    hold.add_argument("services", nargs="*", metavar="SERVICE", help="default: all")
    hold.add_argument("--seconds", type=float, default=10.0, help="at most this long (default: %(default)s)")
    hold.set_defaults(handle=_hold)


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """lhctl's own words, and the command after `--`, which argparse would mix with the services."""
    if words[:1] not in (["hold"], ["upgrade"]) or "--" not in words:
        return [*words], []
    at = list(words).index("--")
    return [*words[:at]], [*words[at + 1 :]]


def _maintenance(options: argparse.Namespace, _: Sequence[str]) -> int:
    from lhctl.gate import Gate  # noqa: PLC0415 - ExecStartPost runs lhctl too and must be quick
    from lhctl.layout import Layout  # noqa: PLC0415

    gate = Gate(Layout())
    if not options.service:
        sys.stdout.write("".join(f"{name}\n" for name in gate.under_maintenance()))
        return 0
    if not options.switch:
        raise RefusedError(f"on or off? lhctl maintenance {options.service} on")
    if options.retry_after < 1:
        raise RefusedError("--retry-after: seconds, 1 or more")
    require_root("the edge listens to root alone")
    (name,) = gate.chosen([options.service])
    if options.switch == "on":
        gate.close(name, options.retry_after)
    else:
        gate.open(name)
    return 0


def _hold(options: argparse.Namespace, _: Sequence[str]) -> int:
    """Without a command: hold, and leave; requests go on when the time is over."""
    from lhctl.gate import Gate  # noqa: PLC0415
    from lhctl.layout import Layout  # noqa: PLC0415

    require_root("the edge listens to root alone")
    gate = Gate(Layout())
    services = gate.chosen(options.services)
    if options.command:
        return gate.during(services, options.seconds, options.command)
    gate.hold(services, options.seconds)
    return 0
