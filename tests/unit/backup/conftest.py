"""longhouse_backup is imported from where the roles ship it, and finds programs that behave like a host's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.plugins import ROOT

sys.path.extend(str(ROOT / "roles" / role / "files") for role in ("backup", "base"))

from longhouse_backup import turns

Host = Callable[..., Path]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """`host(psql="…", …)`: shell scripts in the place of programs; `{folder}` in them is what it returns."""
    monkeypatch.setattr(turns, "LOCKED", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def install(**programs: str) -> Path:
        for name, script in {"runuser": 'shift 3; exec "$@"', **programs}.items():
            (tmp_path / name).write_text("#!/bin/sh\n" + script.format(folder=tmp_path) + "\n")
            (tmp_path / name).chmod(0o755)
        return tmp_path

    return install
