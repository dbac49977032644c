"""A new service is whole and passes its own test, or is refused in one line and nothing is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from control.errors import RefusedError
from control.scaffold import create
from tests.unit.catalogue.entries import normalise
from tests.unit.plugins import ROOT, filters

read = filters("catalogue")["catalogue_read"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "services").mkdir()
    shutil.copy(ROOT / "services/catalogue.yml", tmp_path / "services")
    return tmp_path


def test_it_gets_a_free_port_and_an_entry_the_catalogue_accepts(clone: Path) -> None:
    before = (clone / "services/catalogue.yml").read_text()
    first, second = create(clone, "shop"), create(clone, "depot")
    text = (clone / "services/catalogue.yml").read_text()
    assert text.startswith(before), "comments and other entries stay"
    records = {record["name"]: record for record in normalise(read(text, "x")["catalogue_services"])}
    assert (records["shop"]["port"], records["depot"]["port"]) == (first.port, second.port) == (8084, 8085)
    assert records["shop"]["web"]["interface"] == "asgi"


def test_its_own_test_passes(clone: Path) -> None:
    folder = clone / create(clone, "shop").folder
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(folder / "src")},
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "port", "why"),
    [
        ("Shop", None, "name: 'Shop' does not fit; write 2 to 20 of a-z"),
        ("../shop", None, "does not fit"),
        ("order", None, "both called 'order'; rename one of them"),
        ("shop", 8082, "port: 8082 (port) is taken by service 'order' (port); 8084 is free"),
        ("shop", 5432, "is taken by the platform (PostgreSQL)"),
        ("longhouse", None, "belongs to the platform"),
        ("health", None, "is answered by the edge itself"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    clone: Path, name: str, port: int | None, why: str
) -> None:
    before = (clone / "services/catalogue.yml").read_text()
    with pytest.raises(RefusedError) as refused:
        create(clone, name, port)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (clone / "services/catalogue.yml").read_text() == before
    assert [path.name for path in (clone / "services").iterdir()] == ["catalogue.yml"]
    assert [path.name for path in clone.iterdir()] == ["services"]


def test_a_folder_that_is_there_is_left_alone(clone: Path) -> None:
    (clone / "services/shop").mkdir()
    with pytest.raises(RefusedError, match="services/shop: is already there"):
        create(clone, "shop")
    assert list((clone / "services/shop").iterdir()) == []
