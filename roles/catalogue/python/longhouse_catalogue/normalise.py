"""From the entries people write to the records that every projection reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longhouse_catalogue.entry import entry_problems
from longhouse_catalogue.neighbours import neighbour_problems
from longhouse_catalogue.overrides import PLACE, overridden
from longhouse_catalogue.ports import GREEN_OFFSET, METRICS_OFFSET
from longhouse_catalogue.reading import CatalogueError
from longhouse_catalogue.shape import Shape, entry_options, top_key

SERVER_READY = "/.longhouse/ready"
BROKER_VHOST = "longhouse"
UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}


def normalise(services: Any, overrides: Any = None, source: str = "services/catalogue.yml") -> list[dict[str, Any]]:
    """Records of all entries, in the catalogue's order, every key present.

    `services` is the list of entries, `overrides` maps names to partial entries, `source` is the file to name in
    messages. Raises CatalogueError with all mistakes at once.
    """
    problems: list[str] = []
    entries = _entries(services, source, problems)
    if overrides is not None and not isinstance(overrides, Mapping):
        problems.append(f"{PLACE}: expected service names with changes, found {overrides!r}")
    elif overrides:
        entries = overridden(entries, overrides, problems)
    shaped = []
    for position, entry in enumerate(entries, 1):
        place = f"{source}: service '{entry['name']}'" if "name" in entry else f"{source}: entry {position}"
        shape = Shape(place, problems)
        shaped.append(shape.mapping(entry, entry_options()))
        # What has the wrong shape was replaced by its default: complaints about that would be noise.
        found = [(path, text) for path, text in entry_problems(shaped[-1]) if top_key(path) not in shape.keys]
        problems.extend(f"{place}: {path}: {text}" for path, text in found)
    named = [entry for entry in shaped if entry["name"]]  # one without a name has been reported already
    problems.extend(f"{source}: service '{name}': {text}" for name, text in neighbour_problems(named))
    if problems:
        raise CatalogueError(problems)
    return [record(entry) for entry in shaped]


def _entries(services: Any, source: str, problems: list[str]) -> Sequence[Mapping[str, Any]]:
    if not isinstance(services, list):
        problems.append(f"{source}: catalogue_services: expected a list of entries, found {services!r}")
        return []
    for position, entry in enumerate(services, 1):
        if not isinstance(entry, Mapping):
            problems.append(f"{source}: entry {position}: expected a mapping that begins with `name:`, found {entry!r}")
    return [entry for entry in services if isinstance(entry, Mapping)]


def record(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The record of one sound entry: what was written, defaults, and every name derived from its name.

    `fleet[].queues` are as written; `queues` holds their full names on the broker.
    """
    name = entry["name"]
    limits = entry["limits"]
    return {
        **entry,
        "ports": {"blue": entry["port"], "green": entry["port"] + GREEN_OFFSET},
        "metrics_ports": {
            "blue": entry["port"] + METRICS_OFFSET,
            "green": entry["port"] + METRICS_OFFSET + GREEN_OFFSET,
        },
        "credentials": [*entry["credentials"], *entry["supplied"]],
        "limits": {
            **limits,
            "memory_bytes": int(limits["memory"][:-1]) * UNITS[limits["memory"][-1]],
            "burst": limits["burst"] or 2 * limits["requests_per_second"],
        },
        "settings": {key: _environment_text(value) for key, value in entry["settings"].items()},
        # Applications of others say nothing about releases; their server answers for them (services/server).
        "ready_path": entry["health"]["ready"] if entry["web"]["interface"] == "chassis" else SERVER_READY,
        "vhost": name if _has_own_vhost(entry) else BROKER_VHOST,
        "user": f"longhouse_{name}",
        "migrator": f"migrate_{name}",
        "owner": f"owner_{name}",
        "database_name": f"longhouse_{name}",
        "queues": [f"{name}.{queue}" for queue in dict.fromkeys(q for p in entry["fleet"] for q in p["queues"])],
    }


def _has_own_vhost(entry: Mapping[str, Any]) -> bool:
    """Applications of others declare queues and exchanges under names of their own, and may: where nobody else is.

    Who takes part in the platform's events has to be where they are.
    """
    events = entry["events"]["publishes"] or entry["events"]["subscribes"]
    return bool(entry["web"]["interface"] != "chassis" and entry["fleet"] and not events)


def _environment_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
