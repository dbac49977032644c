"""Loads a source file by its path, for code that lives in no package: a role's module_utils, a service's module."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from tests.unit.plugins import ROOT


def load(path: str) -> ModuleType:
    """The module in a file of the repository, e.g. ``roles/postgresql/module_utils/postgresql_statements.py``."""
    name = "source_of_" + path.replace("/", "_").removesuffix(".py")
    specification = importlib.util.spec_from_file_location(name, ROOT / path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # dataclasses look their module up by name
    specification.loader.exec_module(module)
    return module
