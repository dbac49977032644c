"""The record of administrative acts on this host: who did what, from where, and how it ended.

Written by Longhouse (role base). An act is two entries of the journal, one before and one after, so that one that was
cut short is on record too. journald keeps them and adds by itself which user wrote them; `lhctl audit` shows them.
For plays: `python3 -I longhouse_audit.py ACTION OBJECT [DETAIL]` records an act that is done elsewhere.
"""

from __future__ import annotations

import os
import pwd
import socket
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

JOURNAL = "/run/systemd/journal/socket"
PROCESSES = Path("/proc")
# What the kernel says of a process that no login began.
_NO_LOGIN = 2**32 - 1
_MOST_ANCESTORS = 64
_LONGEST = 500


class Act:
    """An act under way; `outcome` becomes done or failed when nobody says otherwise."""

    def __init__(self) -> None:
        self.outcome = ""


@contextmanager
def recorded(action: str, thing: str, detail: str = "") -> Iterator[Act]:
    """Put the block on record as `action` ("lhctl.deploy") upon `thing` ("order"); `detail` holds no secret.

    A journal that does not answer keeps nobody from helping a host in trouble: stderr says that there is no record.
    """
    actor, address = who()
    fields = {
        "SYSLOG_IDENTIFIER": "longhouse-audit",
        "PRIORITY": "5",
        "LONGHOUSE_AUDIT": "1",
        "LONGHOUSE_ACT": uuid.uuid4().hex,
        "ACTOR": actor,
        "ACTION": action,
        "OBJECT": thing,
        "DETAIL": detail,
        "CLIENT_ADDRESS": address,
    }
    act = Act()
    tell(fields | {"OUTCOME": "begun"})
    try:
        yield act
    except BaseException:
        act.outcome = act.outcome or "failed"
        raise
    finally:
        tell(fields | {"OUTCOME": act.outcome or "done"})


def tell(fields: Mapping[str, str]) -> None:
    """Leave one entry in the journal, with a message made from its fields."""
    origin = f" from {fields['CLIENT_ADDRESS']}" if fields["CLIENT_ADDRESS"] else ""
    detail = f": {fields['DETAIL']}" if fields["DETAIL"] else ""
    message = f"{fields['ACTION']} {fields['OBJECT']} by {fields['ACTOR']}{origin} {fields['OUTCOME']}{detail}"
    # A line break would begin a field in this framing: nobody's argument may.
    lines = [f"{name}={_line(value)}\n" for name, value in {"MESSAGE": message, **fields}.items() if value]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            journal.sendto("".join(lines).encode("utf-8", "replace"), JOURNAL)
    except OSError as error:
        sys.stderr.write(f"not on record, the journal does not answer ({error}): {_line(message)}\n")


def who(process: int | None = None) -> tuple[str, str]:
    """Who is behind this process, and the address they came from: ("ada", "192.0.2.7"); empty where unknown.

    The kernel keeps the login of a session through sudo and su; without it (in a container) sudo's word counts, which
    only root could have changed. ssh's word is looked for in all processes above, since sudo takes it away.
    """
    sudo_user = address = ""
    started_by_systemd = False
    for number in _ancestry(process or os.getpid()):
        environment = _environment(number)
        sudo_user = sudo_user or environment.get("SUDO_USER", "")
        address = address or environment.get("SSH_CONNECTION", "").partition(" ")[0]
        started_by_systemd = started_by_systemd or "INVOCATION_ID" in environment
    login = _login(process or os.getpid()) or sudo_user
    if not login and not address and started_by_systemd:
        return "systemd", ""
    return login or _name(os.getuid()), address


def _ancestry(process: int) -> Iterator[int]:
    for _ in range(_MOST_ANCESTORS):
        if process < 1:
            return
        yield process
        try:
            # The name may hold anything, so what follows its last bracket is read.
            process = int((PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            return


def _environment(process: int) -> dict[str, str]:
    try:
        text = (PROCESSES / str(process) / "environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def _login(process: int) -> str:
    with suppress(OSError, ValueError):
        number = int((PROCESSES / str(process) / "loginuid").read_text())
        return "" if number == _NO_LOGIN else _name(number)
    return ""


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:_LONGEST]


def main(words: list[str]) -> int:
    """Record an act that a play does; it counts as begun, its end is in the play's own output."""
    action, thing, *detail = words
    with recorded(action, thing, " ".join(detail)):
        return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
