"""Fixtures of every service's suite: ``pytest_plugins = ["chassis.testing.plugin"]`` in its ``tests/conftest.py``.

The suite overrides ``service_name`` and ``service_package``; async tests need no marker.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.observability import logs
from chassis.security.principal import Role
from chassis.testing.clocks import FrozenClock
from chassis.testing.databases import migrate, temporary_database
from chassis.testing.environment import TestEnvironment
from chassis.testing.sinks import RecordingSink
from chassis.testing.tokens import ISSUER, TokenMint


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> None:
    """Mark coroutine tests for anyio before its own hook looks for the mark."""
    if inspect.iscoroutinefunction(obj) and collector.istestfunction(obj, name):
        pytest.mark.anyio(obj)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for the whole run, so that an application may live as long."""
    return "asyncio"


@pytest.fixture(scope="session")
def service_name() -> str:
    pytest.fail("override the fixture service_name in the suite's conftest.py", pytrace=False)


@pytest.fixture(scope="session")
def service_package() -> str:
    pytest.fail("override the fixture service_package in the suite's conftest.py", pytrace=False)


@pytest.fixture(scope="session")
def test_environment() -> TestEnvironment:
    return TestEnvironment()


@pytest.fixture(scope="session")
def migrated_database(test_environment: TestEnvironment, service_name: str, service_package: str) -> Iterator[str]:
    """SQLAlchemy URL of a fresh database with the service's migrations applied."""
    with temporary_database(test_environment.database_admin_url, service_name) as url:
        migrate(url, service_name, service_package)
        yield url


@pytest.fixture(scope="session")
def mint(tmp_path_factory: pytest.TempPathFactory) -> TokenMint:
    return TokenMint(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def token_for(mint: TokenMint) -> Callable[..., str]:
    """``token_for("admin")`` or ``token_for("user", subject=…, session=…)`` -> an access token."""

    def make(role: Role = "user", **ids: Any) -> str:
        return mint.token(role, **ids)

    return make


@pytest.fixture(scope="session")
def bare_settings(service_name: str, mint: TokenMint) -> dict[str, Any]:
    """Settings of a service without database, Redis or broker: enough for unit tests of routes."""
    return {
        "service": service_name,
        "public_url": ISSUER,
        "jwks_file": mint.jwks_file,
        "cursor_key": "a-cursor-key-for-tests",
        "log_level": "ERROR",
    }


@pytest.fixture(scope="session")
def service_settings(
    bare_settings: dict[str, Any], test_environment: TestEnvironment, migrated_database: str
) -> dict[str, Any]:
    """Keyword arguments for the service's settings class, on the test host's real databases."""
    return {
        **bare_settings,
        "database_url": migrated_database,
        "redis_cache_url": test_environment.redis_url,
        "redis_state_url": test_environment.redis_url,
        "redis_username": test_environment.redis_username,
        "redis_password": test_environment.redis_password,
        "broker_url": test_environment.broker_url,
    }


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> RecordingSink:
    """What this process writes to the journal during the test."""
    sink = RecordingSink()
    monkeypatch.setattr(logs._Output, "sink", sink)
    return sink


@pytest.fixture
def frozen_clock() -> FrozenClock:
    return FrozenClock()
