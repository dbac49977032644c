"""Loads filter plugins as Ansible does: one file by its path, no package around it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FILTERS = ROOT / "roles" / "catalogue" / "filter_plugins"


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
