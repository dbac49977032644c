"""A database with the messaging tables, and a corner of the real broker that only this run uses."""

import secrets
import string
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from chassis.identifiers import uuid7
from chassis.messaging import topology
from chassis.messaging.application import Application, Handler
from chassis.messaging.broker import Broker
from chassis.messaging.consumer import Consumer
from chassis.messaging.envelope import Event
from chassis.messaging.publisher import Outgoing, Publisher
from chassis.messaging.relay import no_checkpoint
from chassis.messaging.shutdown import Shutdown
from chassis.messaging.tables import inbox_table, outbox_tables
from chassis.testing.databases import temporary_database
from chassis.testing.environment import TestEnvironment


@dataclass(frozen=True)
class Settings:
    """What relay and consumer need to know."""

    service: str
    database_url: str
    broker_url: str
    broker_password: SecretStr | None = None
    failpoints: bool = False


@pytest.fixture(scope="session")
def word() -> str:
    """A word that makes names in the shared broker our own; letters only, as event types allow no digits."""
    return "t" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))


@pytest.fixture(scope="session")
def settings(test_environment: TestEnvironment, word: str) -> Iterator[Settings]:
    with temporary_database(test_environment.database_admin_url, word) as url:
        metadata = sa.MetaData()
        outbox_tables(metadata)
        inbox_table(metadata)
        sa.Table("applied", metadata, sa.Column("event_id", sa.Uuid), sa.Column("note", sa.Text))
        engine = sa.create_engine(url)
        metadata.create_all(engine)
        engine.dispose()
        yield Settings(service=word, database_url=url, broker_url=test_environment.broker_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """An autocommitting connection to emptied tables."""
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("TRUNCATE outbox, outbox_dead, outbox_sent, inbox, applied")
        yield connection


@pytest.fixture
def broker(settings: Settings) -> Iterator[Broker]:
    broker = Broker.open(settings.broker_url, password=None, name="tests")
    yield broker
    broker.close()


@pytest.fixture
def queue(broker: Broker, word: str) -> Iterator[str]:
    """A subscriber's queue for all events of ``word``, declared as on a host, empty."""
    channel = broker.channel()
    topology.declare(channel, {word: [f"{word}.*"]})
    name = topology.events_queue(word)
    yield name
    for each in (name, topology.dead_queue(name)):
        broker.channel().queue_delete(each)


@dataclass
class Mailbox:
    """A plain reader of queues; acknowledges what it gets."""

    broker: Broker

    def read(self, queue: str, count: int, *, seconds: float = 5.0) -> list[Any]:
        """Return ``count`` messages, or what came in time."""
        channel = self.broker.channel()
        found: list[Any] = []
        tag = channel.basic_consume(queue, callback=found.append)
        deadline = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < deadline:
            self.broker.pump(0.05)
        channel.basic_cancel(tag)
        for message in found:
            channel.basic_ack(message.delivery_tag)
        channel.close()
        return found


@pytest.fixture
def mailbox(broker: Broker) -> Mailbox:
    return Mailbox(broker)


@dataclass
class Processes:
    """Relays and consumers in processes of their own, so that they can be killed."""

    settings: Settings
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, source: str) -> subprocess.Popen[str]:
        """Run ``source``, in which ``settings`` is defined."""
        values: dict[str, str | bool | None] = {
            "service": self.settings.service,
            "database_url": self.settings.database_url,
        }
        values |= {"broker_url": self.settings.broker_url, "broker_password": None, "failpoints": False}
        source = f"from types import SimpleNamespace\nsettings = SimpleNamespace(**{values!r})\n{source}"
        process = subprocess.Popen([sys.executable, "-c", source], stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return process


@pytest.fixture
def processes(settings: Settings) -> Iterator[Processes]:
    processes = Processes(settings)
    yield processes
    for process in processes.running:
        process.kill()
        process.communicate()


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[Shutdown], object]], Shutdown]]:
    """Run something that ends on a `Shutdown` in a thread; stopped and joined after the test."""
    started: list[tuple[Shutdown, threading.Thread]] = []

    def start(run: Callable[[Shutdown], object]) -> Shutdown:
        shutdown = Shutdown()
        thread = threading.Thread(target=run, args=(shutdown,))
        thread.start()
        started.append((shutdown, thread))
        return shutdown

    yield start
    for shutdown, _ in started:
        shutdown.request()
    for shutdown, thread in started:
        thread.join(timeout=15)
        assert not thread.is_alive(), "did not stop when asked"
        shutdown.close()


@pytest.fixture
def make_event(word: str) -> Callable[..., Event]:
    """A new event ``<word>.<name>``; ``about`` is the aggregate."""

    def make(name: str = "happened.v1", *, about: str | None = None, **data: Any) -> Event:
        return Event(
            source="/longhouse/tests",
            type=f"{word}.{name}",
            time=datetime.now(UTC),
            subject=about or str(uuid7()),
            dataschema="urn:tests",
            data=data,
        )

    return make


@pytest.fixture
def send(broker: Broker) -> Callable[..., None]:
    publisher = Publisher(broker)

    def send(*events: Event) -> None:
        publisher.publish(
            [
                Outgoing(e.id, topology.EVENTS_EXCHANGE, e.type, e.encode(), "application/cloudevents+json")
                for e in events
            ]
        )

    return send


@pytest.fixture
def consume(settings: Any, queue: str, in_background: Any) -> Callable[[Mapping[str, Handler]], Shutdown]:
    def start(handlers: Mapping[str, Handler]) -> Shutdown:
        application = Application(settings, queue, handlers, no_checkpoint)
        shutdown: Shutdown = in_background(lambda shutdown: Consumer(settings, queue, application, shutdown).run())
        return shutdown

    return start
