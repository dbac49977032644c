"""Read-only tests of a provisioned host. A role's Molecule scenario runs the file named after it; others run all."""

from __future__ import annotations

import os

import pytest

SCENARIO = os.environ.get("MOLECULE_SCENARIO_NAME", "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of roles that the scenario's host does not have; Molecule names every file itself."""
    if SCENARIO == "default":
        return
    others = [item for item in items if item.path.name != f"test_{SCENARIO}.py"]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
