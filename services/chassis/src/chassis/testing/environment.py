"""Where the tests' PostgreSQL, Redis and RabbitMQ are: TEST_* variables, each required."""

import os
from dataclasses import dataclass

import pytest


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        # Not a skip: a suite that silently does nothing looks like one that passed.
        pytest.fail(
            f"{name} is not set: integration and api tests run on a host, see the services suite", pytrace=False
        )
    return value


@dataclass(frozen=True)
class TestEnvironment:
    """Addresses and the full-rights accounts of the test host."""

    __test__ = False

    @property
    def database_admin_url(self) -> str:
        return _required("TEST_DATABASE_ADMIN_URL")

    @property
    def redis_url(self) -> str:
        return _required("TEST_REDIS_URL")

    @property
    def redis_username(self) -> str:
        return _required("TEST_REDIS_USERNAME")

    @property
    def redis_password(self) -> str:
        return _required("TEST_REDIS_PASSWORD")

    @property
    def broker_url(self) -> str:
        return _required("TEST_BROKER_URL")
