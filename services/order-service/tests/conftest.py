"""What every suite of order-service needs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from chassis.identifiers import uuid7
from chassis.security.principal import Principal, Role
from chassis.settings import ServiceSettings
from chassis.testing.clients import running
from chassis.testing.tokens import TokenMint
from orders.application import build_application
from orders.orders.order import Customer

pytest_plugins = ["chassis.testing.plugin"]

BASKET: dict[str, Any] = {
    "items": [
        {"sku": "TEA-1", "name": "Green tea", "quantity": 3, "unit_price": 499},
        {"sku": "POT-9", "name": "Tea pot", "quantity": 1, "unit_price": 2500},
    ],
    "currency": "EUR",
}


class Customers:
    """A `CustomerDirectory` that knows everybody, until a test says otherwise."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.asked: list[UUID] = []

    async def check(self, caller: Principal) -> Customer:
        self.asked.append(caller.subject)
        if self.trouble is not None:
            raise self.trouble
        return Customer(caller.subject, "ada@example.com", "Ada")


class Person:
    """A caller: placing and reading orders as one line each."""

    def __init__(self, client: httpx2.AsyncClient, mint: TokenMint, role: Role) -> None:
        self.id = uuid7()
        self._client = client
        self.headers = mint.headers(role, subject=self.id)

    async def place(self, body: dict[str, Any] | None = None, *, key: str | None = None) -> httpx2.Response:
        headers = {**self.headers, "Idempotency-Key": key or str(uuid4())}
        return await self._client.post("/api/orders", json=body or BASKET, headers=headers)

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self._client.request(method, path, headers=headers, **options)

    async def move(self, order_id: str, status: str, **options: Any) -> httpx2.Response:
        return await self.call("PUT", f"/api/orders/{order_id}/status", json={"status": status}, **options)


@pytest.fixture(scope="session")
def service_name() -> str:
    return "order"


@pytest.fixture(scope="session")
def service_package() -> str:
    return "orders"


@pytest.fixture(scope="session")
def order_settings(service_settings: dict[str, Any]) -> ServiceSettings:
    # Port 9 is where nobody listens: whoever forgets to put a directory in place notices at once.
    return ServiceSettings(**service_settings, internal_edge_url="http://127.0.0.1:9")


@pytest.fixture(scope="session")
def app(order_settings: ServiceSettings) -> FastAPI:
    return build_application(order_settings)


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


@pytest.fixture(scope="session")
def everybody() -> Customers:
    """A directory that knows everybody, for as long as the suite runs."""
    return Customers()


@pytest.fixture
async def customers(app: FastAPI, client: httpx2.AsyncClient) -> AsyncIterator[Customers]:
    """The directory the application asks during this test."""
    real, app.state.customers = app.state.customers, Customers()
    yield app.state.customers
    app.state.customers = real


@pytest.fixture
def person(client: httpx2.AsyncClient, customers: Customers, mint: TokenMint) -> Callable[..., Person]:
    """``person()`` or ``person("admin")``: somebody new."""
    return lambda role="user": Person(client, mint, role)


@pytest.fixture
async def placed(person: Callable[..., Person]) -> Callable[[], Awaitable[tuple[Person, str]]]:
    """``await placed()`` -> somebody with a pending order, and its id."""

    async def do() -> tuple[Person, str]:
        somebody = person()
        answer = await somebody.place()
        assert answer.status_code == 201, answer.text
        return somebody, answer.json()["id"]

    return do


@pytest.fixture
def rows(migrated_database: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the database directly: what is really there counts, not what the API says."""

    def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(migrated_database.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return ask
