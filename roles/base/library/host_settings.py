#!/usr/bin/python
"""Make accounts, directories, kernel settings and the clock of a host what its files in /etc say."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: host_settings
short_description: Apply sysusers, tmpfiles, sysctl and the time zone in one call, and say what changed
description:
  - What systemd applies at boot is applied now, whether this run wrote the files or one that was killed after it.
  - Kernel settings that a container may not write are left alone; elsewhere that is an error.
options:
  sysusers: {description: "Path of the sysusers.d file.", type: path, required: true}
  tmpfiles: {description: "Path of the tmpfiles.d file.", type: path, required: true}
  sysctl: {description: "Path of the sysctl.d file.", type: path, required: true}
  timezone: {description: "Name below /usr/share/zoneinfo.", type: str, required: true}
"""
EXAMPLES = r"""
- name: Apply them
  host_settings:
    {sysusers: /etc/sysusers.d/longhouse.conf, tmpfiles: /etc/tmpfiles.d/longhouse.conf,
     sysctl: /etc/sysctl.d/60-longhouse.conf, timezone: Etc/UTC}
"""
RETURN = r"""
applied: {description: "What changed, e.g. ['user longhouse_order'].", type: list, returned: always}
container: {description: "Whether the host is a container.", type: bool, returned: always}
"""

CONTAINER = Path("/run/systemd/container")
KERNEL = Path("/proc/sys")
ZONE = Path("/etc/localtime")


def entries(path: str) -> list[list[str]]:
    """Fields of each line of a configuration file that is not a comment; none if a check runs before it is written."""
    lines = Path(path).read_text().splitlines() if Path(path).exists() else []
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def missing_accounts(lines: list[list[str]]) -> list[str]:
    """Users, groups and memberships that sysusers would add."""
    users = {entry.pw_name for entry in pwd.getpwall()}
    groups = {entry.gr_name: entry.gr_mem for entry in grp.getgrall()}
    missing = [f"user {line[1]}" for line in lines if line[0] == "u" and line[1] not in users]
    missing += [f"group {line[1]}" for line in lines if line[0] == "g" and line[1] not in groups]
    members = [line for line in lines if line[0] == "m" and line[1] not in groups.get(line[2], [])]
    return missing + [f"member {line[1]} of {line[2]}" for line in members]


def wrong_directories(lines: list[list[str]]) -> list[str]:
    """Directories that are missing or have another owner, group or mode than tmpfiles would give them."""
    return [f"directory {line[1]}" for line in lines if line[0] == "d" and current(line[1]) != line[2:5]]


def current(path: str) -> list[str]:
    """Mode, owner and group of a directory as tmpfiles.d spells them; empty if there is none."""
    try:
        status = os.lstat(path)
        owner, group = pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name
    except (FileNotFoundError, KeyError):
        return []
    return [f"{stat.S_IMODE(status.st_mode):04o}", owner, group]


def kernel_settings(lines: list[list[str]], *, write: bool) -> list[str]:
    """Kernel settings that differ (``key``, a star replaced by what it stands for), written unless this is a check."""
    changed = []
    for key, _, *value in lines:
        for path in sorted(KERNEL.glob(key.replace(".", "/"))):
            if path.read_text().split() == value:
                continue
            try:
                with path.open("w") as setting:
                    if write:
                        setting.write(" ".join(value))
            except OSError:
                if not CONTAINER.exists():
                    raise
            else:
                changed.append(f"sysctl {'.'.join(path.relative_to(KERNEL).parts)}")
    return changed


def time_zone(name: str, *, write: bool) -> list[str]:
    """Point /etc/localtime at the zone, atomically."""
    target = f"/usr/share/zoneinfo/{name}"
    if ZONE.is_symlink() and os.readlink(ZONE) == target:
        return []
    if write:
        new = ZONE.with_name(".localtime.new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.rename(ZONE)
    return [f"timezone {name}"]


def main() -> None:
    """Run as an Ansible module."""
    specification: dict[str, dict[str, Any]] = {
        "sysusers": {"type": "path", "required": True},
        "tmpfiles": {"type": "path", "required": True},
        "sysctl": {"type": "path", "required": True},
        "timezone": {"type": "str", "required": True},
    }
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    wanted, write = module.params, not module.check_mode

    def run(*command: str) -> None:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            module.fail_json(msg=f"{' '.join(command)}: {result.stderr.strip()}")

    accounts = missing_accounts(entries(wanted["sysusers"]))
    if accounts and write:
        run("systemd-sysusers", wanted["sysusers"])
    directories = wrong_directories(entries(wanted["tmpfiles"]))
    if directories and write:
        run("systemd-tmpfiles", "--create", wanted["tmpfiles"])
    applied = accounts + directories + kernel_settings(entries(wanted["sysctl"]), write=write)
    applied += time_zone(wanted["timezone"], write=write)
    module.exit_json(changed=bool(applied), applied=applied, container=CONTAINER.exists())


if __name__ == "__main__":
    main()
