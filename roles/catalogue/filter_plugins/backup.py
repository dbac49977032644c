"""Projection of the catalogue for role backup: what a drill must find, and the program that looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def backups(services: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Databases, each with its invariants: ``{database: {name: query whose rows are what breaks it}}``.

    A retired service's database is kept, so it is backed up and proven like the others.
    """
    return {
        service["database_name"]: dict(service["database"]["invariants"])
        for service in services
        if service["database"] is not None
    }


def program(role_path: str) -> dict[str, str]:
    """File name to content of the program that the role brings to the host."""
    folder = Path(role_path) / "files" / "longhouse_backup"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}


class FilterModule:
    """Names under which plays and tasks use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_backups": backups, "backup_program": program}
