"""People and places of the end-to-end tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return Sandbox.read(os.environ.get("LONGHOUSE_HOST", "sandbox"))


@pytest.fixture(scope="session")
def new_client(sandbox: Sandbox) -> Iterator[Callable[[], Client]]:
    opened: list[Client] = []

    def make() -> Client:
        opened.append(Client(sandbox.base_url, sandbox.ca_file))
        return opened[-1]

    yield make
    for client in opened:
        client.http.close()


@pytest.fixture
def anybody(new_client: Callable[[], Client]) -> Client:
    """A client that is not logged in."""
    return new_client()


@pytest.fixture
def customer(new_client: Callable[[], Client]) -> Client:
    """A new user, logged in."""
    client = new_client()
    client.register()
    return client


@pytest.fixture
def stranger(new_client: Callable[[], Client]) -> Client:
    """Another new user, logged in."""
    client = new_client()
    client.register("Eve")
    return client


@pytest.fixture(scope="session")
def admin(new_client: Callable[[], Client], sandbox: Sandbox) -> Client:
    client = new_client()
    response = client.log_in(sandbox.admin_email, sandbox.admin_password)
    assert response.status_code == 200, response.text
    return client
