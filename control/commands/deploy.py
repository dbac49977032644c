"""`./longhouse deploy`: build, then the same playbook that a production inventory uses."""

from __future__ import annotations

import argparse
import json

from control import progress
from control.commands.build import build_artifacts
from control.errors import RefusedError
from control.layout import HostFolder
from control.play import run_playbook
from control.sandbox import host
from control.sandbox.names import checked


def run(arguments: argparse.Namespace) -> int:
    folder = HostFolder(checked(arguments.host))
    if not host.running(folder.name):
        raise RefusedError(f"host {folder.name} is not running: ./longhouse up --host {folder.name}")
    with progress.live("build") as report:
        artifacts = build_artifacts(arguments.services, report)
    chosen = {"services": ",".join(arguments.services), "canary": arguments.canary, "soak": arguments.soak}
    if arguments.watch is not None:
        chosen["watch"] = arguments.watch
    with progress.live(f"deploy {' '.join(arguments.services)}") as report:
        played = run_playbook(
            folder.inventory, "playbooks/deploy.yml", log=folder.ansible_log, report=report,
            arguments=["--extra-vars", json.dumps(chosen)], again=f"./longhouse deploy {' '.join(arguments.services)}",
        )  # fmt: skip
    live = {artifact.service: artifact.version for artifact in artifacts}
    if arguments.json:
        print(json.dumps({"ok": True, "live": live, "seconds": round(played.seconds, 1)}))
    else:
        print("\n".join(f"{service} {version} is live ({played.seconds:.0f} s)" for service, version in live.items()))
    return 0
