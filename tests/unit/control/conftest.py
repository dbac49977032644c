"""Everything a test writes goes to a `.longhouse` of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from control import layout


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for `.longhouse` in this test."""
    state = tmp_path / ".longhouse"
    for name, folder in {"STATE": ".", "IMAGES": "images", "HOSTS": "hosts", "PACKAGES": "packages"}.items():
        monkeypatch.setattr(layout, name, state / folder)
    monkeypatch.setattr(layout, "MACHINE", tmp_path / "run")
    return state
