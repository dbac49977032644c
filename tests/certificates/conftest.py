"""One host for all tests of this folder: they are its life, in the order they are written in."""

from __future__ import annotations

import os

import pytest

from tests.certificates.ground import Ground


@pytest.fixture(scope="session")
def ground() -> Ground:
    """LONGHOUSE_HOST names a booted host in the groups edge and monitoring."""
    return Ground(os.environ["LONGHOUSE_HOST"])
