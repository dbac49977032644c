#!/usr/bin/python
"""Bring systemd units to the state their configuration on disk asks for."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: longhouse_units
short_description: Enable, start, restart or reload units because of what is on disk, not because of what this run wrote
description:
  - A handler is forgotten when a play dies between writing a file and running it. This module compares the time a
    unit was started (or reloaded) with the time of the files it reads, so that the next run finishes the work.
  - All units are handled in one round trip; systemd itself is reloaded only when a unit file changed.
options:
  units:
    description: Units in the order they are handled.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: "Full unit name, e.g. rabbitmq-server.service.", type: str, required: true}
      state: {description: "Wanted state.", type: str, choices: [started, stopped, untouched], default: started}
      enabled: {description: "Started at boot; none leaves it as it is.", type: bool}
      restart_on: {description: "Files; one newer than the unit's start restarts it.", type: list, elements: path}
      reload_on: {description: "Files; one newer than the unit's last reload reloads it.", type: list, elements: path}
      restart_for_unit:
        description: A changed unit file or drop-in restarts it; false where requests would fail, until the next start.
        type: bool
        default: true
      gently: {description: "Requests wait at the edge while it restarts, on hosts that serve.", type: bool}
"""
EXAMPLES = r"""
- name: Run the broker
  longhouse_units:
    units:
      - {name: rabbitmq-server.service, enabled: true, restart_on: [/etc/rabbitmq/conf.d/50-longhouse.conf]}
"""
RETURN = r"""
actions: {description: "What was done, e.g. ['restart rabbitmq-server.service'].", type: list, returned: always}
"""

PROPERTIES = (
    "Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,InactiveExitTimestamp,StateChangeTimestamp,"
    "FragmentPath,DropInPaths"
)
LHCTL = "lhctl"
HOLD_SECONDS = 40
STARTED_AT_BOOT = ("enabled", "enabled-runtime", "alias", "static", "generated")


class Units:
    """The units of one call, asked for once and acted on with as few systemctl calls as possible."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.actions: list[str] = []

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl; a failure ends the module with the unit's last journal lines."""
        result = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
        if result.returncode:
            journal = ["journalctl", "--no-pager", "-n", "15", "-o", "cat", "-u", arguments[-1]]
            lines = subprocess.run(journal, capture_output=True, text=True, check=False)
            self.module.fail_json(
                msg=f"systemctl {' '.join(arguments)}: {result.stderr.strip()}", journal=lines.stdout.splitlines()
            )
        return result.stdout

    def act(self, verb: str, unit: str) -> None:
        """Do one thing to one unit, unless this is a check."""
        self.actions.append(f"{verb} {unit}")
        if not self.module.check_mode:
            self.systemctl(verb, unit)

    def restart(self, unit: str, *, gently: bool) -> None:
        """Restart one unit; when requests cannot wait, for want of an edge or of an end to those in hand, at once."""
        if gently and not self.module.check_mode and shutil.which(LHCTL):
            hold = [LHCTL, "hold", "--seconds", str(HOLD_SECONDS), "--", "systemctl", "restart", unit]
            if subprocess.run(hold, capture_output=True, check=False).returncode == 0:
                self.actions.append(f"restart {unit}")
                return
        self.act("restart", unit)

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        """Ask for the properties of all units at once."""
        output = self.systemctl("show", "--timestamp=us+utc", f"--property={PROPERTIES}", *names)
        blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in output.split("\n\n") if block]
        return dict(zip(names, blocks, strict=True))

    def reload_definitions(self, names: list[str]) -> None:
        """Let systemd read unit files again when one of ours is new or changed."""
        states = self.show(names)
        if any(state["NeedDaemonReload"] == "yes" for state in states.values()):
            self.actions.append("daemon-reload")
            if not self.module.check_mode:
                self.systemctl("daemon-reload")

    def settle(self, wanted: dict[str, Any], state: dict[str, str]) -> None:
        """Bring one unit to its wanted state."""
        name = wanted["name"]
        if state["LoadState"] in ("not-found", "masked"):
            self.settle_missing(wanted, state)
            return
        if wanted["enabled"] is True and state["UnitFileState"] not in STARTED_AT_BOOT:
            self.act("enable", name)
        if wanted["enabled"] is False and state["UnitFileState"] == "enabled":
            self.act("disable", name)
        active = state["ActiveState"] in ("active", "activating", "reloading", "refreshing")
        if wanted["state"] == "stopped" and active:
            self.act("stop", name)
        if wanted["state"] == "started":
            if not active:
                self.act("start", name)
            elif is_newer(restarting_files(wanted, state), state["InactiveExitTimestamp"]):
                self.restart(name, gently=bool(wanted["gently"]))
            elif is_newer(wanted["reload_on"], state["StateChangeTimestamp"]):
                self.act("reload", name)

    def settle_missing(self, wanted: dict[str, Any], state: dict[str, str]) -> None:
        """A unit that is not there: fine when it shall be stopped, or when its package is yet to come (check mode)."""
        if wanted["state"] == "started" and not self.module.check_mode:
            self.module.fail_json(msg=f"{wanted['name']}: {state['LoadState']}; is its package installed?")
        if wanted["state"] == "started":
            self.actions.append(f"start {wanted['name']}")


def restarting_files(wanted: dict[str, Any], state: dict[str, str]) -> list[str]:
    """Files that ask for a restart when they are newer than the unit's start."""
    return [*wanted["restart_on"], *(drop_ins(state) if wanted["restart_for_unit"] else [])]


def drop_ins(state: dict[str, str]) -> list[str]:
    """Files in /etc that define the unit: ours, so a change of them asks for a restart."""
    paths = [state["FragmentPath"], *state["DropInPaths"].split()]
    return [path for path in paths if path.startswith("/etc/systemd/system/")]


def is_newer(paths: list[str], timestamp: str) -> bool:
    """Whether one of the files changed after the timestamp ``Sat 2026-11-21 01:29:07.123456 UTC`` of systemctl."""
    if not timestamp:
        return False
    moment = datetime.strptime(timestamp, "%a %Y-%m-%d %H:%M:%S.%f %Z").replace(tzinfo=UTC).timestamp()
    return any(Path(path).exists() and Path(path).stat().st_mtime > moment for path in paths)


def main() -> None:
    """Run as an Ansible module."""
    option = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["started", "stopped", "untouched"], "default": "started"},
        "enabled": {"type": "bool"},
        "restart_on": {"type": "list", "elements": "path", "default": []},
        "reload_on": {"type": "list", "elements": "path", "default": []},
        "restart_for_unit": {"type": "bool", "default": True},
        "gently": {"type": "bool"},
    }
    specification = {"units": {"type": "list", "elements": "dict", "required": True, "options": option}}
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    units = Units(module)
    names = [unit["name"] for unit in module.params["units"]]
    units.reload_definitions(names)
    states = units.show(names)
    for unit in module.params["units"]:
        units.settle(unit, states[unit["name"]])
    module.exit_json(changed=bool(units.actions), actions=units.actions)


if __name__ == "__main__":
    main()
