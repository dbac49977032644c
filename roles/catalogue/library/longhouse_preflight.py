#!/usr/bin/python
"""Look at a host before anything on it changes."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_listeners import Listener, listeners

DOCUMENTATION = r"""
module: longhouse_preflight
short_description: Say what keeps a host from carrying the platform, all of it at once
description:
  - Reads and changes nothing. Problems are returned, not raised, so that the caller can add its own to them.
options:
  release: {description: "Debian release the host must run.", type: str, required: true}
  memory_mb: {description: "Memory the host must have, in MiB.", type: int, required: true}
  disk_mb: {description: "Space that must be free where the platform writes, in MiB.", type: int, required: true}
  ports:
    description: TCP ports the platform needs.
    type: list
    elements: dict
    required: true
    suboptions:
      port: {description: "Port number.", type: int, required: true}
      unit: {description: "Glob of the systemd units that may hold it already.", type: str, required: true}
  ssh_keys:
    description: Globs of files with keys that let people in; ssh will take nothing else.
    type: list
    elements: str
    default: [/root/.ssh/authorized_keys*, /home/*/.ssh/authorized_keys*]
"""
EXAMPLES = r"""
- name: Look at the host
  longhouse_preflight:
    release: "13"
    memory_mb: 1800
    disk_mb: 3000
    ports: [{port: 443, unit: nginx.service}]
"""
RETURN = r"""
problems: {description: "One line each, with what to do.", type: list, returned: always}
memory_mb: {description: "Memory of the host, in MiB.", type: int, returned: always}
"""
OLDEST_PYTHON = (3, 11)
WRITTEN_PLACES = ("/var", "/opt")
KEY_FILES = ["/root/.ssh/authorized_keys*", "/home/*/.ssh/authorized_keys*"]


def system_problems(release: str) -> Iterator[str]:
    """The distribution, its init and its Python."""
    try:
        found = platform.freedesktop_os_release()
    except OSError:
        found = {}
    if (found.get("ID"), found.get("VERSION_ID")) != ("debian", release):
        name = found.get("PRETTY_NAME", "an unknown system")
        yield f"this host runs {name}, and Longhouse runs on Debian {release}; install that, or choose another host"
    init = Path("/proc/1/comm").read_text().strip()
    if init != "systemd":
        yield f"process 1 is {init}, and Longhouse needs systemd; boot the host instead of running it as a container"
    if sys.version_info < OLDEST_PYTHON:
        yield f"Python is {platform.python_version()}, and at least {'.'.join(map(str, OLDEST_PYTHON))} is needed"


def memory_of_host() -> int:
    """Memory in MiB."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    return int(line.split()[1]) // 1024


def disk_problems(needed: int) -> Iterator[str]:
    """Free space of each file system the platform writes to."""
    seen: set[int] = set()
    for place in WRITTEN_PLACES:
        device = os.stat(place).st_dev
        free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize // 1024**2
        if device not in seen and free < needed:
            yield f"{place} has {free} MiB free, and {needed} are needed; free some space or enlarge the disk"
        seen.add(device)


def port_problems(units: dict[int, str], found: list[Listener]) -> Iterator[str]:
    """Ports that somebody else holds than the units meant to, {port: glob}."""
    reported: set[int] = set()
    for listener in found:
        ours = any(fnmatchcase(unit, units[listener.port]) for unit in listener.units)
        if not ours and listener.port not in reported:
            reported.add(listener.port)
            holder = f"{listener.program} (pid {listener.pid}{''.join(f', {unit}' for unit in listener.units)})"
            yield f"port {listener.port} is taken by {holder}; stop it or move it to another port"


def key_problems(files: list[str]) -> Iterator[str]:
    """Nobody has a key: who came in with a password would come in no more."""
    if not any(Path(path).stat().st_size for pattern in files for path in glob(pattern)):
        yield "no account has a key for ssh, and passwords will not be taken; bring yours with ssh-copy-id"


def main() -> None:
    """Entry point for Ansible."""
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "memory_mb": {"type": "int", "required": True},
            "disk_mb": {"type": "int", "required": True},
            "ports": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"port": {"type": "int", "required": True}, "unit": {"type": "str", "required": True}},
            },
            "ssh_keys": {"type": "list", "elements": "str", "default": KEY_FILES},
        },
        supports_check_mode=True,
    )
    memory = memory_of_host()
    problems = list(system_problems(module.params["release"]))
    if memory < module.params["memory_mb"]:
        problems.append(f"the host has {memory} MiB of memory, and {module.params['memory_mb']} are needed")
    problems.extend(disk_problems(module.params["disk_mb"]))
    problems.extend(key_problems(module.params["ssh_keys"]))
    units = {entry["port"]: entry["unit"] for entry in module.params["ports"]}
    problems.extend(port_problems(units, listeners(set(units))))
    module.exit_json(changed=False, problems=problems, memory_mb=memory)


if __name__ == "__main__":
    main()
