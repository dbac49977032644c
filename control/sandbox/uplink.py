"""What this machine's network looks like to a host that will live behind it. Reads only."""

from __future__ import annotations

import json
import os
import subprocess
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any

from control.errors import RefusedError

_RESOLVED_UPSTREAMS = Path("/run/systemd/resolve/resolv.conf")
_RESOLV_CONF = Path("/etc/resolv.conf")
_ETHERNET_MTU = 1500


def default_network() -> str:
    return os.environ.get("LONGHOUSE_SANDBOX_NETWORK", "10.213.0.0/16")


def mtu() -> int:
    """MTU of the interface that leads out: larger packets from a host would be dropped on the way without a word."""
    routes = _ip("route", "show", "default")
    if not routes:
        return _ETHERNET_MTU
    return int(_ip("link", "show", "dev", routes[0]["dev"])[0]["mtu"])


def networks() -> list[IPv4Network]:
    """Every IPv4 network this machine routes or has an address in, the default route left out."""
    destinations = [route["dst"] for route in _ip("route", "show") if route["dst"] != "default"]
    addresses = [
        f"{address['local']}/{address['prefixlen']}"
        for link in _ip("address", "show")
        for address in link.get("addr_info", [])
    ]
    return [IPv4Network(text, strict=False) for text in destinations + addresses]


def resolv_conf() -> str:
    """A resolv.conf that works from a host: this machine's own, or the upstreams of its local resolver."""
    for path in (_RESOLV_CONF, _RESOLVED_UPSTREAMS):
        text = path.read_text() if path.is_file() else ""
        if any(not ip_address(server).is_loopback for server in _nameservers(text)):
            return text
    raise RefusedError(
        f"{_RESOLV_CONF} names only loopback resolvers, which a host cannot reach: add a nameserver line"
    )


def _nameservers(text: str) -> list[str]:
    lines = (line.split() for line in text.splitlines())
    return [words[1].partition("%")[0] for words in lines if len(words) > 1 and words[0] == "nameserver"]


def _ip(*arguments: str) -> list[dict[str, Any]]:
    command = ["ip", "-json", "-4", *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows: list[dict[str, Any]] = json.loads(output or "[]")
    return [row for row in rows if row]
