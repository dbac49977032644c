"""What every suite of user-service needs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chassis.testing.clients import running
from chassis.testing.tokens import TokenMint
from users.application import build_application
from users.settings import UserSettings

pytest_plugins = ["chassis.testing.plugin"]

PASSWORD = "a long enough secret 42"


@pytest.fixture(scope="session")
def service_name() -> str:
    return "user"


@pytest.fixture(scope="session")
def service_package() -> str:
    return "users"


@pytest.fixture(scope="session")
def user_settings(service_settings: dict[str, Any], mint: TokenMint) -> UserSettings:
    return UserSettings(**service_settings, signing_key=SecretStr(mint.pem), admin_password=SecretStr(PASSWORD))


@pytest.fixture(scope="session")
def app(user_settings: UserSettings) -> FastAPI:
    return build_application(user_settings)


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


class Person:
    """A registered and logged-in user of the tests."""

    def __init__(self, user: dict[str, Any], etag: str, tokens: dict[str, Any]) -> None:
        self.id = UUID(user["id"])
        self.email: str = user["email"]
        self.user = user
        self.etag = etag
        self.refresh_token: str = tokens["refresh_token"]
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    @property
    def url(self) -> str:
        return f"/api/users/{self.id}"


@pytest.fixture
def fresh_email() -> Callable[[], str]:
    return lambda: f"{uuid4().hex}@example.com"


@pytest.fixture
def join(client: httpx2.AsyncClient, fresh_email: Callable[[], str]) -> Callable[[], Awaitable[Person]]:
    """``await join()`` registers somebody new and logs in."""

    async def do() -> Person:
        email = fresh_email()
        made = await client.post("/api/auth/register", json={"email": email, "password": PASSWORD, "name": "Ada"})
        assert made.status_code == 201, made.text
        tokens = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert tokens.status_code == 200, tokens.text
        return Person(made.json(), made.headers["etag"], tokens.json())

    return do


@pytest.fixture
def admin(mint: TokenMint) -> dict[str, str]:
    """Headers of an admin."""
    return mint.headers("admin")


@pytest.fixture
def unreachable_redis() -> Redis:
    """A client whose server is gone, and which says so at once."""
    return Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
