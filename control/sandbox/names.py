"""What a sandbox host may be called, and what the machine's kernel calls it."""

from __future__ import annotations

import hashlib
import re

from control import layout
from control.errors import RefusedError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]|[a-z]")


def checked(name: str) -> str:
    """The name itself; it becomes a host name and a folder. RefusedError otherwise."""
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"--host {name!r} is no host name: use up to 32 lower-case letters, digits and dashes, a letter first"
        )
    return name


def machine_name(name: str) -> str:
    """Short name for nspawn, cgroup and veth (`ve-` + this fits an interface name), unique per clone and host."""
    return "lh" + hashlib.sha256(f"{layout.HOSTS}/{name}".encode()).hexdigest()[:8]


def interface(name: str) -> str:
    """This machine's end of the host's veth pair, as systemd-nspawn names it."""
    return f"ve-{machine_name(name)}"
