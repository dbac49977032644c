"""Projection of the catalogue that the edge role needs: who is routed where, and how much it may carry."""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from longhouse_catalogue.addresses import is_address  # noqa: E402

Record = Mapping[str, Any]

# A write costs a transaction, an outbox row and an event; a read is one query.
WRITES_PER_READ = 5


def catalogue_edge(services: Iterable[Record]) -> list[dict[str, Any]]:
    """Routed services, by name.

    Takes normalised catalogue records; planned and retired ones are left out, so their paths answer 404.
    Shape of one: `{name, locations, ready, ours, body, timeout, read: {rate, burst}, write: {rate, burst}}` with
    `locations` and `body` in Nginx's own notation, `timeout` in seconds, `rate` per second and client address.
    """
    return [_routed(service) for service in sorted(services, key=_name) if service["state"] == "live"]


def edge_serves_addresses(server_names: Iterable[str]) -> bool:
    """Whether a name the edge serves is an IP address, for which clients send no SNI."""
    return any(is_address(name) for name in server_names)


def edge_routes_root(routed: Iterable[Record]) -> bool:
    """Whether a service takes every path nobody else takes, so that the edge must not answer 404 there itself."""
    return any("/" in service["locations"] for service in routed)


def _routed(service: Record) -> dict[str, Any]:
    limits = service["limits"]
    rate, burst = limits["requests_per_second"], limits["burst"]
    return {
        "name": service["name"],
        "locations": [location for route in sorted(service["routes"]) for location in _locations(route)],
        "ready": service["ready_path"],
        "ours": service["web"]["interface"] == "chassis",
        "body": limits["body"],
        "timeout": service["web"]["timeout"],
        "read": {"rate": rate, "burst": burst},
        "write": {"rate": max(1, rate // WRITES_PER_READ), "burst": max(1, burst // WRITES_PER_READ)},
    }


def _locations(route: str) -> list[str]:
    """Nginx locations of a route: the path itself and what is below it, but not what merely begins alike."""
    if route == "/":
        return ["/"]
    return [f"= {route}", f"{route}/"]


def _name(service: Record) -> str:
    return str(service["name"])


class FilterModule:
    """Filters of the edge role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Ansible's filter table."""
        return {
            "catalogue_edge": catalogue_edge,
            "edge_routes_root": edge_routes_root,
            "edge_serves_addresses": edge_serves_addresses,
        }
