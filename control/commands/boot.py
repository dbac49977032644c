"""`./longhouse boot`: a plain Debian host and the inventory that leads to it; no playbook is run."""

from __future__ import annotations

import argparse
import json

from control import inventory, progress
from control.layout import HostFolder
from control.sandbox import host


def run(arguments: argparse.Namespace) -> int:
    with progress.live(f"host {arguments.host}") as report:
        record = host.boot(arguments.host, report)
        state = inventory.write(HostFolder(record.name), record, arguments.groups)
    print(
        json.dumps(state)
        if arguments.json
        else f"{state['name']} is up at {state['address']}: {' '.join(state['ssh'])}"
    )
    return 0
