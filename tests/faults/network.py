"""Connections that swallow everything, and lines that lose and delay; all inside the host's own network namespace."""

from __future__ import annotations

from tests.faults.fault import Fault

PORTS = {"RabbitMQ": 5672, "mail server": 25, "internal edge": 8080}
_TABLE = "inet longhouse_faults"
_CHAIN = f"add table {_TABLE}; add chain {_TABLE} input {{ type filter hook input priority -400; }}"
_AS_BEFORE = f"nft delete table {_TABLE} 2>/dev/null; true"


def half_open(name: str, port: int) -> Fault:
    """Packets from and to the port vanish: nobody is told that the connection is gone."""
    rule = f"add rule {_TABLE} input tcp"
    rules = f"{_CHAIN}; {rule} dport {port} drop; {rule} sport {port} drop"
    return Fault(f"half-open {name}", f"nft '{rules}'", _AS_BEFORE, seconds=(3.0, 15.0))


def lossy(name: str, device: str, percent: int) -> Fault:
    """A line that loses packets: between processes of the host (lo), or between its clients and the edge (host0).

    By nftables and not by netem, which not every kernel has; what TCP makes of it is delay.
    """
    lose = f"add rule {_TABLE} input iifname {device} meta l4proto tcp numgen random mod 100 < {percent} drop"
    return Fault(name, f"nft '{_CHAIN}; {lose}'", _AS_BEFORE, seconds=(3.0, 8.0))


NETWORK = (
    *(half_open(name, port) for name, port in PORTS.items()),
    lossy("lossy loopback", "lo", 10),
    lossy("lossy clients", "host0", 10),
)
