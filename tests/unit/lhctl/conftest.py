"""lhctl is imported from where the role ships it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "roles/release/files"))

from tests.unit.lhctl.fakes import World


@pytest.fixture(autouse=True)
def _disk_that_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of state files: power does not fail here."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A host without any release."""
    return World(tmp_path)
