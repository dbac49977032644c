"""The way out for sandbox hosts: one nft table for all of them, IPv4 forwarding while there is at least one.

The table's set of addresses is the only record, so what is left after a crash is visible with `nft list table`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from control import layout
from control.locking import locked
from control.sandbox import forwarding

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_TABLE = """
table ip longhouse {
  set hosts { type ipv4_addr; }
  chain way_out {
    type nat hook postrouting priority srcnat;
    ip saddr @hosts ip daddr != @hosts oifname != "lo" masquerade
  }
}
"""


def open_for(address: str) -> None:
    """Let the host at `address` reach what this machine reaches. Safe to repeat."""
    with locked(layout.MACHINE):
        remembered = layout.MACHINE / "ip_forward"
        if not remembered.exists():
            remembered.write_text(_FORWARDING.read_text())
        _FORWARDING.write_text("1")
        forwarding.allow()
        if _addresses() is None:
            _nft(_TABLE)
        _nft(f"add element ip longhouse hosts {{ {address} }}")


def close_for(address: str) -> None:
    """Forget the host; with the last one the table goes, and forwarding becomes what it was. Safe to repeat."""
    with locked(layout.MACHINE):
        present = _addresses()
        if present is not None and address in present:
            _nft(f"delete element ip longhouse hosts {{ {address} }}")
            present.remove(address)
        if present:
            return
        if present is not None:
            _nft("delete table ip longhouse")
        forwarding.forget()
        remembered = layout.MACHINE / "ip_forward"
        if remembered.exists():
            _FORWARDING.write_text(remembered.read_text())
            remembered.unlink()
        if not any(layout.MACHINE.iterdir()):
            layout.MACHINE.rmdir()


def _addresses() -> list[str] | None:
    """Addresses in the table's set; None when there is no table."""
    command = ["nft", "--json", "list", "set", "ip", "longhouse", "hosts"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        return None
    rows = json.loads(listing.stdout)["nftables"]
    return [address for row in rows if "set" in row for address in row["set"].get("elem", [])]


def _nft(script: str) -> None:
    subprocess.run(["nft", "--file", "-"], input=script, text=True, check=True)
