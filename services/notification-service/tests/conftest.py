"""Fixtures of the notification service's suites: its own database, the test host's broker, its own mail server."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import hypothesis
import psycopg
import pytest
from fastapi import FastAPI

from chassis.messaging.connections import open_broker, open_database
from chassis.testing.clients import running
from notifications.application import build_application
from notifications.settings import NotificationSettings
from notifications.testing.desk import Desk
from notifications.testing.mail_server import MailServer
from notifications.testing.topology import declare_topology

pytest_plugins = ["chassis.testing.plugin"]

# The tree may be read-only where the tests run, and two cores are shared: neither is what the examples are about.
hypothesis.settings.register_profile("longhouse", database=None, deadline=None)
hypothesis.settings.load_profile("longhouse")

Connect = Callable[[], psycopg.Connection[Any]]


@pytest.fixture(scope="session")
def service_name() -> str:
    return "notification"


@pytest.fixture(scope="session")
def service_package() -> str:
    return "notifications"


@pytest.fixture(scope="session")
def settings(service_settings: dict[str, Any]) -> NotificationSettings:
    return NotificationSettings(**service_settings)


@pytest.fixture(scope="session")
def app(settings: NotificationSettings) -> FastAPI:
    return build_application(settings)


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.end()


@pytest.fixture
def connect(settings: NotificationSettings) -> Iterator[Connect]:
    """Opens further connections to the test database, closed at the end."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(open_database(settings, role="test"))


@pytest.fixture
def desk(connect: Connect) -> Desk:
    """The test database, emptied."""
    connection = connect()
    connection.execute("TRUNCATE notification, delivery, delivery_attempt, inbox")
    return Desk(connection)


@pytest.fixture
def channel(settings: NotificationSettings) -> Iterator[Any]:
    """An AMQP channel of the test vhost in which the topology is declared and our queues are empty."""
    broker = open_broker(settings, role="test")
    channel = broker.channel()
    declare_topology(channel)
    yield channel
    broker.close()
