"""Differences of one environment: `catalogue_overrides` of its inventory, merged into the entries by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longhouse_catalogue.shape import Shape, entry_options, suggestion

PLACE = "catalogue_overrides of the inventory"


def overridden(
    services: Sequence[Mapping[str, Any]], overrides: Mapping[str, Any], problems: list[str]
) -> list[dict[str, Any]]:
    """Entries with their overrides merged in: mappings deeply, everything else replaced.

    An override with a mistake is reported and left out, so that one mistake is one line.
    """
    names = {str(entry.get("name")) for entry in services}
    usable: dict[str, Mapping[str, Any]] = {}
    for name, override in overrides.items():
        place = f"{PLACE}: service '{name}'"
        if name not in names:
            problems.append(f"{place}: the catalogue has no such service{suggestion(str(name), names)}")
        elif not isinstance(override, Mapping):
            problems.append(f"{place}: expected a mapping of keys to change, found {override!r}")
        elif "name" in override:
            problems.append(f"{place}: name: a service cannot be renamed; add a new entry and retire the old one")
        elif _fits(place, override, problems):
            usable[name] = override
    return [merged(entry, usable.get(str(entry.get("name")), {})) for entry in services]


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it, mappings key by key."""
    result = dict(base)
    for key, value in change.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def _fits(place: str, override: Mapping[str, Any], problems: list[str]) -> bool:
    before = len(problems)
    Shape(place, problems, complete=False).mapping(override, entry_options())
    return len(problems) == before
