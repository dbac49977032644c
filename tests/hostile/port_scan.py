"""Which ports of a host answer, asked from where this runs: ``python3 port_scan.py ADDRESS [LAST]``.

Standard library alone.

Prints ``{"tcp": [22, …], "udp": [53, …]}``: TCP ports that accept a connection, and UDP ports from which anything comes
back, be it that nobody listens there (a port that the firewall drops is silent). TCP up to port LAST (all
without it); of UDP what is common.
"""

from __future__ import annotations

import json
import resource
import select
import socket
import sys
import time

BATCH = 8192
# Seconds that the last port of a batch has to answer; the hosts are on one machine.
PATIENCE = 1.0
UDP = (53, 67, 68, 69, 111, 123, 137, 138, 161, 162, 443, 500, 514, 520, 631, 1194, 1434, 1900, 4369, 4500, 5353, 11211)


def tcp(family: int, place: tuple[object, ...], ports: range) -> list[int]:
    """Those of the ports that accept a connection."""
    waiting: dict[int, tuple[socket.socket, int]] = {}
    poller = select.epoll()
    for port in ports:
        one = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        one.connect_ex((place[0], port, *place[2:]))
        waiting[one.fileno()] = (one, port)
        poller.register(one, select.EPOLLOUT)
    found, deadline = [], time.monotonic() + PATIENCE
    while waiting and (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in poller.poll(left):
            one, port = waiting.pop(descriptor)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(port)
            one.close()
    for one, _ in waiting.values():
        one.close()
    poller.close()
    return found


def udp(family: int, place: tuple[object, ...]) -> list[int]:
    """Ports from which anything comes back: an answer, or word that nobody listens."""
    asked: dict[int, socket.socket] = {}
    for port in UDP:
        asked[port] = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        asked[port].connect((place[0], port, *place[2:]))
        asked[port].send(b"\0" * 48)
    time.sleep(PATIENCE)
    return [port for port, one in asked.items() if _answers(one)]


def _answers(one: socket.socket) -> bool:
    try:
        one.recv(2048)
    except BlockingIOError:
        return False
    except ConnectionRefusedError:
        return True
    return True


def main(address: str, last: int = 65535) -> None:
    """Scan, and print what was found."""
    family, _, _, _, place = socket.getaddrinfo(address, 1, type=socket.SOCK_STREAM)[0]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * BATCH, limit), limit))
    batches = [range(first, min(first + BATCH, last + 1)) for first in range(1, last + 1, BATCH)]
    found = [port for batch in batches for port in tcp(family, place, batch)]
    print(json.dumps({"tcp": sorted(found), "udp": udp(family, place)}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
