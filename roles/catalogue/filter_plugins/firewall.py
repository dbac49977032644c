"""Projection of the catalogue for role firewall: who may talk to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Service = Mapping[str, Any]


def accounts_by_reach(services: Sequence[Service]) -> dict[str, list[str]]:
    """System users of the services that are not retired, by how far their packets may go.

    Returns ``{"inside": [...], "outside": [...]}``, sorted. A service talks to the outside when somebody supplied it
    with a secret for that (a mail relay, a provider); migrations never do.
    """
    present = [service for service in services if service["state"] != "retired"]
    outside = {service["user"] for service in present if service["supplied"]}
    everyone = {service["user"] for service in present} | {
        service["migrator"] for service in present if service["database"]
    }
    return {"inside": sorted(everyone - outside), "outside": sorted(outside)}


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_firewall": accounts_by_reach}
