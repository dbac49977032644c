"""longhouse_drop_ins: files of one daemon in several directories, all or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "daemon" / "conf.d" / "a.conf", tmp_path / "systemd" / "b.conf"


def test_writes_every_file_and_names_it(run_module: Run, paths: tuple[Path, Path]) -> None:
    first, second = paths
    answer = run_module("longhouse_drop_ins", files={str(first): "one\n", str(second): "two\n"})
    assert answer["written"] == sorted([str(first), str(second)])
    assert (first.read_text(), second.read_text()) == ("one\n", "two\n")


def test_a_second_run_touches_nothing(run_module: Run, paths: tuple[Path, Path]) -> None:
    files = {str(path): "same\n" for path in paths}
    run_module("longhouse_drop_ins", files=files)
    before = [path.stat().st_mtime_ns for path in paths]
    assert run_module("longhouse_drop_ins", files=files)["changed"] is False
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_a_refusal_puts_every_directory_back(run_module: Run, paths: tuple[Path, Path]) -> None:
    first, second = paths
    run_module("longhouse_drop_ins", files={str(first): "good\n"})
    files = {str(first): "bad\n", str(second): "new\n"}
    answer = run_module("longhouse_drop_ins", files=files, validate=f"grep -q good {first}")
    assert answer["failed"] is True
    assert first.read_text() == "good\n"
    assert not second.exists()


def test_a_check_writes_nothing_and_shows_the_difference(run_module: Run, paths: tuple[Path, Path]) -> None:
    first, _ = paths
    answer = run_module("longhouse_drop_ins", check=True, diff=True, files={str(first): "one\n"}, validate="false")
    assert (answer["changed"], answer["diff"][0]["after"]) == (True, "one\n")
    assert not first.exists()


@pytest.mark.parametrize("files", [{"relative.conf": "x"}, {"/etc/x.conf": 5}])
def test_refuses_what_is_no_absolute_path_with_text(run_module: Run, files: dict[str, Any]) -> None:
    assert "absolute paths" in run_module("longhouse_drop_ins", files=files)["msg"]
