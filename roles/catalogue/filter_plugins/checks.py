"""Projection of the catalogue that the checks role needs: what must be seen to serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def catalogue_checks(services: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`[{name, fleet}]` of the live services, by name; takes normalised catalogue records."""
    live = [service for service in services if service["state"] == "live"]
    return sorted(
        ({"name": service["name"], "fleet": bool(service["fleet"])} for service in live),
        key=lambda entry: entry["name"],
    )


class FilterModule:
    """Filters of the checks role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Ansible's filter table."""
        return {"catalogue_checks": catalogue_checks}
