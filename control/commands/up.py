"""`./longhouse up`: from nothing to a delivered order."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from control import inventory, progress
from control.commands.build import build_artifacts
from control.demo import OrderWay, place_demo_order
from control.layout import HostFolder
from control.play import run_playbook
from control.sandbox import host, packages


def run(arguments: argparse.Namespace) -> int:
    seconds: dict[str, float] = {}
    folder, state = _boot(arguments.host, seconds)
    _build(seconds)
    with progress.live("site.yml") as report:
        played = run_playbook(
            folder.inventory, "site.yml", log=folder.ansible_log, report=report,
            again=f"./longhouse up --host {folder.name}",
        )  # fmt: skip
        seconds["site"] = played.seconds
        packages.harvest(folder.disk)
    with progress.live("demo order") as report:
        way = place_demo_order(state, report)
    if arguments.json:
        print(json.dumps(_result(state, seconds, played.tasks, played.changed, way)))
    else:
        print(_story(state, seconds, played.tasks, played.changed, way))
    return 0


def _boot(name: str, seconds: dict[str, float]) -> tuple[HostFolder, dict[str, Any]]:
    started = time.monotonic()
    with progress.live(f"host {name}") as report:
        record = host.boot(name, report)
        folder = HostFolder(record.name)
        state = inventory.write(folder, record)
    seconds["boot"] = time.monotonic() - started
    return folder, state


def _build(seconds: dict[str, float]) -> None:
    """Before the play needs them, so that their progress and their mistakes are seen as what they are."""
    started = time.monotonic()
    with progress.live("artifacts") as report:
        build_artifacts([], report)
    seconds["build"] = time.monotonic() - started


def _result(
    state: dict[str, Any], seconds: dict[str, float], tasks: int, changed: int, way: OrderWay
) -> dict[str, Any]:
    order = {"id": way.order_id, "total": way.total, "message_id": way.message_id, "milliseconds": way.milliseconds()}
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    return {"ok": True, **state, "seconds": rounded, "tasks": tasks, "changed": changed, "order": order}


def _story(state: dict[str, Any], seconds: dict[str, float], tasks: int, changed: int, way: OrderWay) -> str:
    after = way.milliseconds()
    return f"""\
host   {state["name"]} at {state["base_url"]} ({seconds["boot"]:.0f} s to boot, {seconds["build"]:.0f} s to build)
site   {tasks} tasks, {changed} changed, {seconds["site"]:.0f} s
order  {way.order_id}, {way.total}, over verified TLS
       request -> commit  {after["commit"]:6d} ms   answered 201
               -> event   {after["event"]:6d} ms   applied by notification-service
               -> email   {after["email"]:6d} ms   "{way.subject}" to {way.recipient}

try    curl --cacert {state["ca_file"]} {state["base_url"]}/health
       ./longhouse ssh --host {state["name"]} -- systemctl status longhouse.target
       ./longhouse down --host {state["name"]}"""
