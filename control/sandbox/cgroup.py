"""A control group of its own for each sandbox host.

systemd-nspawn puts a host's processes into `payload` below the group it was started in. Two hosts started from
one shell would share that group, and each host's systemd would stop the other's services as strays of its own.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_PARENT = "longhouse"


def enter(machine: str) -> None:
    """Move the calling process into the group of `machine` in every hierarchy that systemd-nspawn uses."""
    for root in _hierarchies():
        group = root / _PARENT / machine
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.procs").write_text(str(os.getpid()))


def remove(machine: str) -> None:
    """End whatever still runs in the groups of `machine` and remove them."""
    groups = [root / _PARENT / machine for root in _hierarchies()]
    for group in groups:
        switch = group / "cgroup.kill"
        if switch.exists():  # the unified hierarchy has it, and every process of a host is in there
            switch.write_text("1")
    for group in groups:
        _remove_tree(group)
        if group.parent.is_dir() and not any(child.is_dir() for child in group.parent.iterdir()):
            group.parent.rmdir()


def _remove_tree(group: Path, patience: float = 5.0) -> None:
    deadline = time.monotonic() + patience
    folders = [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]
    for folder in folders:
        while folder.is_dir():
            try:
                folder.rmdir()
            except OSError:  # the kernel is still burying the last processes
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _hierarchies() -> list[Path]:
    """Mount points of the unified hierarchy and of systemd's named one, whichever this machine has."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, filesystem = line.partition(" - ")
        kind, _, options = filesystem.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            found.append(Path(mount.split()[4]))
    return found
