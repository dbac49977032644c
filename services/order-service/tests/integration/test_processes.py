"""The commands as a host runs them: from a placed order to a message, from a user's event to the order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.identifiers import uuid7
from chassis.messaging import topology
from chassis.messaging.connections import open_broker
from chassis.messaging.envelope import CONTENT_TYPE, Event
from chassis.messaging.publisher import Outgoing, Publisher
from chassis.settings import ServiceSettings
from contracts.order_events import OrderPlacedV1
from contracts.user_events import USER_DELETED, UserDeletedV1


@pytest.fixture
def listener(order_settings: ServiceSettings) -> Iterator[Any]:
    """The broker with the topology, and a subscriber to all order events."""
    broker = open_broker(order_settings, role="tests")
    name = f"t{os.getpid()}"
    topology.declare(broker.channel(), {name: ["order.*"], "order": ["user.*"]})
    broker.channel().queue_purge(topology.events_queue("order"))
    yield broker, topology.events_queue(name)
    for queue in (topology.events_queue(name), topology.dead_queue(topology.events_queue(name))):
        broker.channel().queue_delete(queue)
    broker.close()


@pytest.fixture
def start(order_settings: ServiceSettings) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def run(command: str) -> subprocess.Popen[bytes]:
        password = order_settings.redis_password
        environment = {
            **os.environ,
            "SERVICE": "order",
            "DATABASE_URL": order_settings.database_url,
            "BROKER_URL": order_settings.broker_url,
            "REDIS_CACHE_URL": order_settings.redis_cache_url,
            "REDIS_USERNAME": order_settings.redis_username,
            "REDIS_PASSWORD": password.get_secret_value() if password else "",
            "CURSOR_KEY": "x" * 16,
        }
        process = subprocess.Popen([sys.executable, "-m", f"orders.commands.{command}"], env=environment)
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


async def test_a_placed_order_becomes_a_message(placed: Any, listener: Any, start: Any) -> None:
    broker, queue = listener
    _, order = await placed()
    relay = start("relay")
    found: list[Any] = []
    channel = broker.channel()
    tag = channel.basic_consume(queue, callback=found.append, no_ack=True)
    deadline = time.monotonic() + 15
    while not any(order in str(message.body) for message in found):
        assert time.monotonic() < deadline, "no message came"
        broker.pump(0.1)
    channel.basic_cancel(tag)
    (message,) = [message for message in found if order in str(message.body)]
    data = OrderPlacedV1.model_validate(Event.decode(message.body).data)
    assert str(data.order_id) == order
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(timeout=10) == 0


async def test_a_deleted_user_is_forgotten_and_dropped_from_the_cache(
    placed: Any, listener: Any, start: Any, rows: Any, order_settings: ServiceSettings
) -> None:
    broker, _ = listener
    ada, order = await placed()
    event = Event.of(
        USER_DELETED, UserDeletedV1(user_id=ada.id), service="user", subject=ada.id, now=datetime.now(UTC), version=2
    )
    Publisher(broker).publish([Outgoing(uuid7(), topology.EVENTS_EXCHANGE, event.type, event.encode(), CONTENT_TYPE)])
    consumer = start("consumer")
    deadline = time.monotonic() + 15
    while rows("SELECT customer_email FROM orders WHERE id = %s", order) != [(None,)]:
        assert time.monotonic() < deadline, "not forgotten"
        await asyncio.sleep(0.05)
    consumer.send_signal(signal.SIGTERM)
    assert consumer.wait(timeout=10) == 0
