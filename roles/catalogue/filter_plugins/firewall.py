"""Projection of the catalogue for role firewall: who may talk to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Service = Mapping[str, Any]

BROKER_PORT = 5672
INTERNAL_EDGE_PORT = 8080


def accounts_by_reach(services: Sequence[Service]) -> dict[str, Any]:
    """System users of the services that are not retired, by how far their packets may go.

    Returns ``{"inside": [...], "outside": [...], "loopback": [{"user": ..., "ports": [...]}]}``, sorted. A service
    talks to the outside when somebody supplied it with a secret for that (a mail relay, a provider); migrations never
    do. On loopback it reaches itself, the broker, and the internal edge when it calls somebody; what has a socket in
    the file system is not a matter of ports.
    """
    present = [service for service in services if service["state"] != "retired"]
    outside = {service["user"] for service in present if service["supplied"]}
    everyone = {service["user"] for service in present} | {
        service["migrator"] for service in present if service["database"]
    }
    loopback = [{"user": service["user"], "ports": _near(service)} for service in present]
    return {
        "inside": sorted(everyone - outside),
        "outside": sorted(outside),
        "loopback": sorted(loopback, key=lambda reach: str(reach["user"])),
    }


def _near(service: Service) -> list[int]:
    own = {*service["ports"].values(), *service["metrics_ports"].values()}
    return sorted(own | {BROKER_PORT} | ({INTERNAL_EDGE_PORT} if service["calls"] else set()))


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_firewall": accounts_by_reach}
