"""Read-only tests of a provisioned host. A role's Molecule scenario runs the file named after it; others run all."""

from __future__ import annotations

import os
from pathlib import Path

SCENARIO = os.environ.get("MOLECULE_SCENARIO_NAME", "default")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the files of roles that the scenario's host does not have."""
    if SCENARIO == "default" or collection_path.suffix != ".py":
        return None
    return collection_path.name != f"test_{SCENARIO}.py" or None
