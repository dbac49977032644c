"""Projection of the catalogue for role postgresql: databases with their roles, and sizes for a memory budget."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from longhouse_catalogue.capacity import connections_of  # noqa: E402

# Commands that run beside both colours: setup commands and a person's look.
SPARE_CONNECTIONS = 2


def databases(services: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Databases of every service that has one.

    Returns ``[{"name", "owner", "migrator", "user": names, "connections": most at once, "login": bool}]``;
    ``login`` is false for a retired service, whose data stays.
    """
    return [
        {
            "name": service["database_name"],
            "owner": service["owner"],
            "migrator": service["migrator"],
            "user": service["user"],
            "connections": connections_of(service) + SPARE_CONNECTIONS,
            "login": service["state"] != "retired",
        }
        for service in services
        if service["database"] is not None
    ]


def budget(meminfo: str) -> int:
    """PostgreSQL's share of a host in MiB, from the text of /proc/meminfo: two fifths, the services take the rest."""
    total = next(line for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    return int(total.split()[1]) // 1024 * 2 // 5


def sizing(memory_mb: int, max_connections: int) -> dict[str, str]:
    """Memory settings for a budget in MiB, as PostgreSQL writes them.

    A quarter is shared buffers; what sorts may take in all connections at once stays within another quarter, down to a
    floor below which every sort would go to disk.
    """
    return {
        "shared_buffers": f"{_between(64, memory_mb // 4, 8192)}MB",
        "effective_cache_size": f"{_between(128, memory_mb * 3 // 4, 65536)}MB",
        "work_mem": f"{_between(4, memory_mb // (4 * max_connections), 64)}MB",
        "maintenance_work_mem": f"{_between(32, memory_mb // 20, 1024)}MB",
        "autovacuum_work_mem": f"{_between(16, memory_mb // 40, 256)}MB",
    }


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


class FilterModule:
    """Names under which plays and templates use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_databases": databases, "postgresql_budget": budget, "postgresql_sizing": sizing}
