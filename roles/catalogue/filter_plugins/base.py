"""Projections for role base: the accounts on the host, and what one of its own reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Service = Mapping[str, Any]

# Every service may read the keys that user-service shares (ended sessions), hence everyone is in this group.
SHARED_INSTANCE = "state"


def accounts(services: Sequence[Service]) -> list[dict[str, Any]]:
    """Accounts of every service that is not retired.

    Returns ``[{"service": "order", "user": "longhouse_order", "migrator": "migrate_order" or "",
    "groups": ["longhouse-redis-cache", "longhouse-redis-state"]}]``. Group names carry hyphens, which a service's
    name cannot, so they never meet a user's own group.
    """
    return [
        {
            "service": service["name"],
            "user": service["user"],
            "migrator": service["migrator"] if service["database"] else "",
            "groups": [f"longhouse-redis-{instance}" for instance in sorted({*service["redis"], SHARED_INSTANCE})],
        }
        for service in services
        if service["state"] != "retired"
    ]


def vulnerabilities_reach(source: str) -> list[dict[str, Any]]:
    """For role firewall: the account that asks what is known of the packages, and the port of its source.

    ``[{"user": "longhouse-vulnerabilities", "ports": [443]}]``, no port when there is no source.
    """
    ports = [urlsplit(source).port or 443] if source else []
    return [{"user": "longhouse-vulnerabilities", "ports": ports}]


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_accounts": accounts, "vulnerabilities_reach": vulnerabilities_reach}
