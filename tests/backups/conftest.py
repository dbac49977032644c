"""One prepared host for all tests of this folder; a client that people would be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.backups.ground import Ground
from tests.e2e.client import Client
from tests.e2e.conftest import customer

__all__ = ["customer"]


@pytest.fixture(scope="session")
def ground() -> Ground:
    """LONGHOUSE_HOST names a booted host; `<its name>-store` is booted too."""
    prepared = Ground(os.environ["LONGHOUSE_HOST"])
    prepared.prepare()
    return prepared


@pytest.fixture
def new_client(ground: Ground) -> Iterator[Callable[[], Client]]:
    opened: list[Client] = []

    def make() -> Client:
        opened.append(Client(ground.sandbox.base_url, ground.sandbox.ca_file))
        return opened[-1]

    yield make
    for client in opened:
        client.http.close()
