#!/usr/bin/python3
"""Ends the connections that clients keep to the edge, each with an answer, before Nginx ends them without a word.

A reload, and the end of an Nginx that has a successor, close idle connections, also under a request on its way. So
`nginx.service` runs this before every reload, and `lhctl` before a succession: from its start until `--lasting` seconds
after its end every answer over HTTP/1.1 ends its connection (nginx/snippets/parting.lua). It ends as soon as no
connection from before can be left. docs/decisions/0061 says why.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from pathlib import Path

# Read by nginx/snippets/parting.lua; content: seconds since 1970 when it is over.
PARTING = Path("/run/longhouse-edge/parting")
# Nginx ends a connection that is idle for 30 s by itself (nginx/templates/http.conf.j2).
KEPT_SECONDS = 31
# Longer than parting.lua goes without looking.
SEEN_SECONDS = 0.2
CONNECTED = ("ESTAB", "SYN-RECV")
LOOPBACK = ("127.", "[::1]")


def part(lasting: float) -> None:
    """Returns when no client can have a connection from before; `lasting` seconds later connections are kept again."""
    # Enough if this program should die; what it took less is given back at its end.
    _end_connections_for(KEPT_SECONDS + lasting)
    end = time.monotonic() + KEPT_SECONDS
    time.sleep(SEEN_SECONDS)
    while not nobody_is_connected() and time.monotonic() < end:
        time.sleep(SEEN_SECONDS)
    _end_connections_for(lasting)


def _end_connections_for(seconds: float) -> None:
    unfinished = PARTING.with_suffix(".new")
    unfinished.write_text(f"{time.time() + seconds:.0f}\n", encoding="ascii")
    # Nginx's workers read it, whatever the umask of its unit.
    unfinished.chmod(0o644)
    unfinished.rename(PARTING)


def nobody_is_connected() -> bool:
    """Whether no client is, for sure. Services of this host ask on loopback, and repeat what was cut off."""
    words = ["ss", "--no-header", "--tcp", "--all", "--numeric", "--processes"]
    said = subprocess.run(words, check=False, capture_output=True, text=True).stdout
    sockets = [line.split() for line in said.splitlines()]
    listening = [fields for fields in sockets if fields[0] == "LISTEN" and '"nginx"' in fields[-1]]
    for_clients = {_port(fields) for fields in listening if not fields[3].startswith(LOOPBACK)}
    return bool(for_clients) and for_clients.isdisjoint(_port(fields) for fields in sockets if fields[0] in CONNECTED)


def _port(fields: list[str]) -> str:
    return fields[3].rpartition(":")[2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    # A reload reads its files and starts workers before it tells the old ones to end.
    parser.add_argument("--lasting", type=float, default=10, metavar="SECONDS")
    part(parser.parse_args().lasting)
