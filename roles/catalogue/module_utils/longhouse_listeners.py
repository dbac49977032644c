"""Who listens where, read from /proc: no other program needed on a host that is still bare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTENING = "0A"


@dataclass(frozen=True)
class Listener:
    """One listening TCP port and the process behind it; `units` are the systemd units around that process."""

    port: int
    program: str
    pid: int
    units: tuple[str, ...]


def listeners(ports: set[int], proc: Path = Path("/proc")) -> list[Listener]:
    """Listeners on `ports`. A process that may not be looked into is called `unknown`, with pid 0."""
    sockets = dict(_sockets(ports, proc))
    if not sockets:
        return []
    found = {inode: _process(proc / str(pid)) for inode, pid in _owners(set(sockets), proc)}
    by_port = sorted(sockets.items(), key=lambda item: item[1])
    return [Listener(port, *found.get(inode, ("unknown", 0, ()))) for inode, port in by_port]


def _sockets(ports: set[int], proc: Path) -> Iterator[tuple[str, int]]:
    """(inode, port) of each listening socket."""
    for table in ("tcp", "tcp6"):
        path = proc / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            port = int(fields[1].rpartition(":")[2], 16)
            if fields[3] == LISTENING and port in ports:
                yield fields[9], port


def _owners(inodes: set[str], proc: Path) -> Iterator[tuple[str, int]]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    for directory in proc.iterdir():
        if not directory.name.isdigit():
            continue
        try:
            targets = [os.readlink(entry) for entry in (directory / "fd").iterdir()]
        except OSError:
            continue  # ended meanwhile, or belongs to somebody else
        yield from ((wanted[target], int(directory.name)) for target in targets if target in wanted)


def _process(directory: Path) -> tuple[str, int, tuple[str, ...]]:
    try:
        program = (directory / "comm").read_text().strip()
        groups = (directory / "cgroup").read_text()
    except OSError:
        return "unknown", int(directory.name), ()
    parts = [part for line in groups.splitlines() for part in line.split("/")]
    return program, int(directory.name), tuple(part for part in parts if part.endswith((".service", ".scope")))
