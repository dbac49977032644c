"""Filters around the catalogue itself. Each role's projection has a file of its own beside this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

import longhouse_catalogue  # noqa: E402


def catalogue_read(text: str, source: str) -> dict[str, Any]:
    """Content of the catalogue file; see longhouse_catalogue.read."""
    try:
        return longhouse_catalogue.read(text, os.path.normpath(source))
    except longhouse_catalogue.CatalogueError as error:
        raise AnsibleFilterError(str(error)) from None


def catalogue_normalise(
    services: Any, overrides: Any = None, source: str = "services/catalogue.yml"
) -> list[dict[str, Any]]:
    """Normalised records of all entries; see longhouse_catalogue.normalise."""
    try:
        return longhouse_catalogue.normalise(services, overrides, os.path.normpath(source))
    except longhouse_catalogue.CatalogueError as error:
        raise AnsibleFilterError(str(error)) from None


def catalogue_check(records: list[dict[str, Any]], max_connections: int, memory_mb: int) -> list[str]:
    """Lines about limits of the host that the services go beyond; see longhouse_catalogue.capacity_problems."""
    return longhouse_catalogue.capacity_problems(records, max_connections, memory_mb)


def catalogue_inventory_problems(variables: dict[str, Any], records: Sequence[dict[str, Any]] = ()) -> list[str]:
    """Lines about what the inventory lacks; see longhouse_catalogue.inventory_problems."""
    return longhouse_catalogue.inventory_problems(variables, records)


def catalogue_ports(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """[{port, unit}]: what may listen where on the host; see longhouse_catalogue.port_plan."""
    return longhouse_catalogue.port_plan(records)


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name of each filter and its function."""
        return {
            "catalogue_read": catalogue_read,
            "catalogue_normalise": catalogue_normalise,
            "catalogue_check": catalogue_check,
            "catalogue_inventory_problems": catalogue_inventory_problems,
            "catalogue_ports": catalogue_ports,
        }
