"""Each test of the folders that have a table of breakages is broken there once, or says why it cannot be."""

from __future__ import annotations

import pytest

from tests.breakages.table import TESTS, names_in, read, unbroken

FOLDERS = sorted(path.parent.name for path in TESTS.glob("*/breakages.toml"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_test_is_broken_once(folder: str) -> None:
    broken = {test.partition("[")[0] for entry in read(folder) for test in entry.fails}
    assert names_in(folder) == broken | set(unbroken(folder))
    assert all(unbroken(folder).values())


def test_the_tables_are_found() -> None:
    assert FOLDERS == ["e2e", "host", "hostile"]
