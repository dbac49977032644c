"""A way to the broker that breaks, hangs and comes back, between the real programs and the real broker."""

import dataclasses
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from chassis.messaging.application import Application
from chassis.messaging.broker import Broker, BrokerUnavailable
from chassis.messaging.connections import open_broker
from chassis.messaging.consumer import Consumer
from chassis.messaging.envelope import Event
from chassis.messaging.publisher import Outgoing, Publisher
from chassis.messaging.relay import Relay, no_checkpoint
from chassis.messaging.topology import EVENTS_EXCHANGE, dead_queue
from chassis.testing.waiting import wait_until


class Wire:
    """A TCP forwarder. ``cut`` ends all connections; ``frozen`` holds every byte back; ``closed`` refuses new ones."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: list[socket.socket] = []
        self.accepted = 0
        self.closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def say(self, method: int, reason: bytes = b"") -> None:
        """Put a frame of the broker's on every open connection: class 10 (connection), ``method``."""
        payload = struct.pack(">HH", 10, method) + (bytes([len(reason)]) + reason if reason else b"")
        for near in self._open[::2]:
            near.sendall(struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce")

    def cut(self) -> None:
        for end in self._open:
            end.close()
        self._open.clear()

    def stop(self) -> None:
        self.closed = True
        # Wakes the thread that waits in accept().
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thaw()
        self.cut()

    def _accept(self) -> None:
        while not self.closed:
            near, _ = self._listener.accept()
            self.accepted += 1
            if self.closed:
                near.close()
                break
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()
        self._listener.close()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._flowing.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    parts = urlsplit(settings.broker_url)
    assert parts.hostname is not None
    wire = Wire(parts.hostname, parts.port or 5672)
    yield wire
    wire.stop()


@pytest.fixture
def wired(settings: Any, wire: Wire) -> Any:
    """The settings, with the wire in between."""
    parts = urlsplit(settings.broker_url)
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{wire.port}"
    return dataclasses.replace(settings, broker_url=urlunsplit(parts._replace(netloc=netloc)))


def put(database: Any, *events: Event) -> None:
    for event in events:
        database.execute(
            "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (%s, %s, %s, %s)",
            (event.id, event.subject, event.type, event.encode()),
        )


def notes(database: Any) -> list[str]:
    return sorted(row[0] for row in database.execute("SELECT note FROM applied").fetchall())


def write_note(connection: Any, event: Event) -> None:
    connection.execute("INSERT INTO applied VALUES (%s, %s)", (event.id, str(event.data["n"])))


@pytest.fixture
def chain(*, wired: Any, queue: str, word: str, in_background: Any) -> None:
    """A relay and a consumer, both over the wire."""
    in_background(lambda shutdown: Relay(wired, shutdown, no_checkpoint).run())
    application = Application(wired, queue, {f"{word}.happened.v1": write_note}, no_checkpoint)
    in_background(lambda shutdown: Consumer(wired, queue, application, shutdown).run())


@pytest.mark.usefixtures("chain")
def test_a_cut_wire_loses_nothing_and_doubles_nothing(*, wire: Wire, database: Any, make_event: Any) -> None:
    put(database, make_event(n="warm"))
    wait_until(lambda: notes(database) == ["warm"])
    for round_ in range(5):
        put(database, *[make_event(n=f"{round_}-{n}") for n in range(40)])
        wire.cut()
    wait_until(lambda: len(notes(database)) == 201, seconds=30)
    assert len(set(notes(database))) == 201


@pytest.mark.usefixtures("chain")
def test_a_frozen_broker_is_given_up_in_time_and_found_again(*, wire: Wire, database: Any, make_event: Any) -> None:
    put(database, make_event(n="warm"))
    wait_until(lambda: notes(database) == ["warm"])
    before = wire.accepted
    wire.freeze()
    put(database, make_event(n="1"), make_event(n="2"))
    # Without a confirm in five seconds the relay drops the connection and tries another.
    wait_until(lambda: wire.accepted > before, seconds=8)
    assert database.execute("SELECT count(*) FROM outbox WHERE attempts = 0").fetchone() == (2,)
    wire.thaw()
    wait_until(lambda: notes(database) == ["1", "2", "warm"], seconds=20)
    wait_until(lambda: database.execute("SELECT count(*) FROM outbox").fetchone() == (0,), seconds=20)


BLOCKED, UNBLOCKED = 60, 61


@pytest.mark.usefixtures("chain")
def test_an_alarm_of_the_broker_is_sat_out_on_the_same_connection(
    *, wire: Wire, database: Any, make_event: Any
) -> None:
    put(database, make_event(n="warm"))
    wait_until(lambda: notes(database) == ["warm"])
    before = wire.accepted
    # What RabbitMQ does when memory or disk run short: it says so, and reads no more.
    wire.say(BLOCKED, b"low on memory")
    wire.freeze()
    put(database, make_event(n="1"))
    # Longer than the wait for a confirm: a relay that reconnected would leave a copy behind each time.
    time.sleep(6.5)
    assert wire.accepted == before
    wire.thaw()
    wire.say(UNBLOCKED)
    wait_until(lambda: notes(database) == ["1", "warm"])
    wait_until(lambda: database.execute("SELECT count(*) FROM outbox").fetchone() == (0,))


def test_a_broker_that_never_answers_is_an_error_within_seconds(wire: Wire, wired: Any) -> None:
    wire.freeze()
    with pytest.raises(BrokerUnavailable):
        Broker.open(wired.broker_url, password=None, name="tests")


def test_poison_waits_for_its_grave_while_the_dead_letters_are_out_of_reach(
    *, settings: Any, wired: Any, wire: Wire, database: Any, queue: str, word: str, broker: Broker, mailbox: Any,
    make_event: Any, in_background: Any,
) -> None:  # fmt: skip
    class Parted(Consumer):
        """Consumes directly, buries over the wire."""

        def _connect(self) -> Broker:
            first, self.connected = not getattr(self, "connected", False), True
            return open_broker(settings if first else wired, role="tests")

    application = Application(settings, queue, {f"{word}.happened.v1": write_note}, no_checkpoint)
    wire.freeze()
    Publisher(broker).publish([Outgoing(make_event().id, EVENTS_EXCHANGE, f"{word}.happened.v1", "{}", "text/plain")])
    in_background(lambda shutdown: Parted(settings, queue, application, shutdown).run())
    # Longer than one attempt to connect.
    assert mailbox.read(dead_queue(queue), 1, seconds=6) == []
    wire.thaw()
    (dead,) = mailbox.read(dead_queue(queue), 1, seconds=15)
    assert dead.properties["application_headers"]["x-reason"].startswith("undecodable")
    assert dead.properties["application_headers"]["x-tries"] == 1
