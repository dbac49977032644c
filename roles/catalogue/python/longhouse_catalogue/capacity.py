"""Rules between the catalogue and the machine it is to run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLOURS = 2
FLEET_CONNECTIONS = 2  # a relay holds its advisory lock on one connection and works on another
SPARE_CONNECTIONS = 13  # 3 reserved for superusers, the rest for migrations, backups, exporters and a person in psql
PLATFORM_MEMORY_MB = 640  # PostgreSQL, both Redis instances, RabbitMQ, Nginx and the system at rest


def capacity_problems(records: Sequence[Mapping[str, Any]], max_connections: int, memory_mb: int) -> list[str]:
    """One line for each limit of the host that the services together go beyond; empty when they fit.

    `max_connections` is PostgreSQL's, `memory_mb` the memory of the host in MiB. Both colours of every service
    run at once during a release, so connections count twice; memory limits are ceilings and count once.
    """
    standing = [record for record in records if record["state"] != "retired"]
    return [*_connections(standing, max_connections), *_memory(standing, memory_mb)]


def connections_of(record: Mapping[str, Any]) -> int:
    """Connections one service may hold while both of its colours run."""
    if record["database"] is None:
        return 0
    web = int(record["web"]["workers"]) * int(record["database"]["pool"])
    fleet = sum(int(program["concurrency"]) * FLEET_CONNECTIONS for program in record["fleet"] if not program["beat"])
    return COLOURS * (web + fleet)


def _connections(records: Sequence[Mapping[str, Any]], available: int) -> list[str]:
    each = {record["name"]: connections_of(record) for record in records}
    total = sum(each.values()) + SPARE_CONNECTIONS
    if total <= available:
        return []
    listed = ", ".join(f"{name} {count}" for name, count in each.items() if count)
    return [
        f"the services may open {total} database connections ({listed}, {SPARE_CONNECTIONS} spare) and PostgreSQL "
        f"accepts {available}; lower database.pool or web.workers, or raise postgresql_max_connections"
    ]


def _memory(records: Sequence[Mapping[str, Any]], available: int) -> list[str]:
    each = {record["name"]: record["limits"]["memory_bytes"] // 1024**2 for record in records}
    total = sum(each.values()) + PLATFORM_MEMORY_MB
    if total <= available:
        return []
    listed = ", ".join(f"{name} {size}" for name, size in each.items())
    return [
        f"the services may use {total} MiB of memory ({listed}, {PLATFORM_MEMORY_MB} for the platform) and the host "
        f"has {available}; lower limits.memory or take a larger host"
    ]
