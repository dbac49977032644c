"""`./longhouse down`: the host, or all of them, gone without a trace."""

from __future__ import annotations

import argparse
import json

from control import progress
from control.sandbox import host


def run(arguments: argparse.Namespace) -> int:
    names = host.names() if arguments.all else [arguments.host]
    with progress.live("down") as report:
        removed = [name for name in names if host.remove(name, report)]
    if arguments.json:
        print(json.dumps({"ok": True, "removed": removed}))
    else:
        print(f"removed: {', '.join(removed)}" if removed else "there was nothing to remove")
    return 0
