"""Projection of the catalogue for role backup: what a drill must find, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

STORE = {"port": 443, "region": "us-east-1", "path_style": False, "ca_file": "", "prefix": "/longhouse"}


def backups(services: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Databases, each with its invariants: ``{database: {name: query whose rows are what breaks it}}``.

    A retired service's database is kept, so it is backed up and proven like the others.
    """
    return {
        service["database_name"]: dict(service["database"]["invariants"])
        for service in services
        if service["database"] is not None
    }


def whole_store(store: Mapping[str, Any]) -> dict[str, Any]:
    """What the inventory says of the store for backups, with what it may leave out; nothing when it names none."""
    return {**STORE, **store} if store else {}


class FilterModule:
    """Names under which plays and tasks use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_backups": backups, "backup_whole_store": whole_store}
