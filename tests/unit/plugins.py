"""Loads plugins as Ansible does: a file of filters by its path, no package around it; its own by their names."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ansible.plugins.loader import init_plugin_loader

ROOT = Path(__file__).resolve().parents[2]
FILTERS = ROOT / "roles" / "catalogue" / "filter_plugins"


@cache
def find_ansible_s_own() -> None:
    """Templates may use lookups and filters that Ansible brings. It wants to be told once in a process."""
    init_plugin_loader([])


@cache
def filters(file: str) -> dict[str, Callable[..., Any]]:
    """Filters of roles/catalogue/filter_plugins/<file>.py by name."""
    specification = importlib.util.spec_from_file_location(f"filters_{file}", FILTERS / f"{file}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    table: dict[str, Callable[..., Any]] = module.FilterModule().filters()
    return table
