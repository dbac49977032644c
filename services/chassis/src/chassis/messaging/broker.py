"""One connection to RabbitMQ whose every call ends in bounded time."""

import contextlib
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import amqp  # type: ignore[import-untyped]
from amqp.exceptions import AMQPError, ChannelError  # type: ignore[import-untyped]

HEARTBEAT_SECONDS = 10
CONNECT_SECONDS = 5.0
# Bounds every wait for an answer of the broker: without it, a frozen broker hangs the process for ever.
ANSWER_SECONDS = 10.0


class BrokerUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The broker, or the way to it, does not work right now. No message is to blame: reconnect and try again."""


class ChannelClosed(BrokerUnavailable):
    """The broker closed one channel over something asked of it; ``code`` is its AMQP reply code, e.g. 404."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


@contextlib.contextmanager
def broker_errors() -> Iterator[None]:
    """Turn whatever the client library raises when the broker is away into `BrokerUnavailable`."""
    try:
        yield
    except ChannelError as error:
        raise ChannelClosed(error.code, str(error)) from error
    except (AMQPError, OSError) as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
    except AttributeError as error:
        # py-amqp touches its own cleared attributes when a connection goes away in the middle of a call
        # (kombu notes the same in its amqp transport).
        raise BrokerUnavailable(f"connection lost: {error}") from error


class Broker:
    """An open connection. Not for threads; after `BrokerUnavailable` only `discard` makes sense."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.blocked = False
        connection.on_blocked = self._on_blocked
        connection.on_unblocked = self._on_unblocked

    @classmethod
    def open(cls, url: str, *, password: str | None, name: str) -> Self:
        """Connect to ``url``, completed by ``password`` when it carries none; ``name`` shows in the management.

        Raises `BrokerUnavailable` within some seconds. Retrying is the caller's business.
        """
        parts = urlsplit(url)
        connection = amqp.Connection(
            host=f"{parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}",
            userid=unquote(parts.username or "guest"),
            password=unquote(parts.password) if parts.password else password or "guest",
            virtual_host=unquote(parts.path[1:]) or "/",
            ssl=parts.scheme == "amqps",
            heartbeat=HEARTBEAT_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            write_timeout=ANSWER_SECONDS,
            client_properties={"connection_name": name},
        )
        with broker_errors():
            connection.connect()
        return cls(connection)

    def channel(self) -> Any:
        """A new AMQP channel."""
        with broker_errors():
            return self._connection.channel()

    def pump(self, seconds: float) -> bool:
        """Handle one incoming frame within ``seconds`` and keep the heartbeat; False when nothing came."""
        with broker_errors():
            self._connection.heartbeat_tick()
            try:
                self._connection.drain_events(timeout=seconds)
            except TimeoutError:
                return False
            return True

    def close(self) -> None:
        """Say goodbye (unacknowledged messages go back to their queue); never raises."""
        with contextlib.suppress(BrokerUnavailable), broker_errors():
            self._connection.close()
        self.discard()

    def discard(self) -> None:
        """Drop the sockets without a word: a frozen broker would not answer one."""
        with contextlib.suppress(BrokerUnavailable), broker_errors():
            self._connection.collect()

    def _on_blocked(self, _reason: str) -> None:
        # An alarm (memory, disk): the broker stops reading from connections that publish.
        self.blocked = True

    def _on_unblocked(self) -> None:
        self.blocked = False
