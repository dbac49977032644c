"""`./longhouse new`: a small service and its catalogue entry."""

from __future__ import annotations

import argparse
import json

from control import layout
from control.scaffold import create


def run(arguments: argparse.Namespace) -> int:
    created = create(layout.REPOSITORY, arguments.service, arguments.port)
    if arguments.json:
        print(json.dumps({"ok": True, "name": created.name, "path": str(created.folder), "port": created.port}))
        return 0
    print(f"{created.folder}: an ASGI application with a test; its entry is in services/catalogue.yml")
    print(
        f"next: sudo ./longhouse up, then curl https://<host>/{created.name}; later: ./longhouse deploy {created.name}"
    )
    return 0
