"""RabbitMQ as its administrator sees it: depths over the management API, messages over AMQP."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from lhctl.errors import RefusedError
from lhctl.layout import Layout

VHOST = "longhouse"
ADMINISTRATOR = "longhouse"
MANAGEMENT = "http://127.0.0.1:15672"
AMQP = "127.0.0.1:5672"
SECONDS = 10.0
COLUMNS = "name,messages_ready,messages_unacknowledged,consumers"
LOOK = "systemctl status rabbitmq-server; journalctl -u rabbitmq-server -n 50"


@dataclass(frozen=True)
class QueueDepth:
    """One queue: messages that wait, messages handed out and not yet acknowledged, and who consumes."""

    name: str
    ready: int
    unacknowledged: int
    consumers: int


def password(layout: Layout) -> str:
    """The administrator's password, decrypted for this process alone; raises RefusedError."""
    file = layout.root / "etc/longhouse/credentials/rabbitmq/admin_password"
    command = ["systemd-creds", "decrypt", f"--name={file.name}", str(file), "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RefusedError(
            f"{file} cannot be read ({result.stderr.strip()}): run as root, and the services playbook writes it"
        )
    return result.stdout


class Management:
    """Read access to the management API; every failure is a RefusedError with the next command."""

    def __init__(self, secret: str, url: str = MANAGEMENT) -> None:
        self._url = url
        self._authorization = "Basic " + base64.b64encode(f"{ADMINISTRATOR}:{secret}".encode()).decode()

    def queues(self) -> list[QueueDepth]:
        """Every queue of the platform by name; counts are up to five seconds old."""
        found = self._get(f"/api/queues/{quote(VHOST, safe='')}?columns={COLUMNS}")
        return sorted((_depth(queue) for queue in found), key=lambda queue: queue.name)

    def binding_keys(self, queue: str) -> list[str]:
        """Patterns by which the exchange of all events feeds `queue`."""
        found = self._get(f"/api/bindings/{quote(VHOST, safe='')}/e/events/q/{quote(queue, safe='')}")
        return sorted(binding["routing_key"] for binding in found)

    def _get(self, path: str) -> Any:
        request = Request(self._url + path, headers={"Authorization": self._authorization})  # noqa: S310 (fixed http address)
        try:
            with urlopen(request, timeout=SECONDS) as response:  # noqa: S310
                return json.load(response)
        except HTTPError as error:
            raise RefusedError(
                f"RabbitMQ refuses {path}: {error.code}; run the data playbook, it mends rights"
            ) from None
        except (URLError, OSError, ValueError) as error:
            raise RefusedError(f"RabbitMQ does not answer at {self._url}: {error}; next: {LOOK}") from None


def _depth(queue: dict[str, Any]) -> QueueDepth:
    return QueueDepth(
        queue["name"],
        queue.get("messages_ready", 0),
        queue.get("messages_unacknowledged", 0),
        queue.get("consumers", 0),
    )


@contextlib.contextmanager
def channel(secret: str, address: str = AMQP) -> Iterator[Any]:
    """An AMQP channel whose every publish waits for its confirm; what was not acknowledged goes back at the end."""
    # From Debian, and only here: everything else of lhctl must work on a bare Python.
    import amqp  # type: ignore[import-untyped]  # noqa: PLC0415
    from amqp.exceptions import AMQPError  # type: ignore[import-untyped]  # noqa: PLC0415

    connection = amqp.Connection(
        host=address,
        userid=ADMINISTRATOR,
        password=secret,
        virtual_host=VHOST,
        confirm_publish=True,
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        write_timeout=SECONDS,
        client_properties={"connection_name": "lhctl"},
    )
    try:
        connection.connect()
        yield connection.channel()
        connection.close()
    except (AMQPError, OSError) as error:
        raise RefusedError(f"RabbitMQ ended the work at {address}: {error}; next: {LOOK}") from None
    finally:
        connection.collect()


def send_again(channel: Any, message: Any, queue: str) -> None:
    """Publish a copy of `message` straight into `queue` and return once the broker has it safe; raises AMQP errors."""
    import amqp  # noqa: PLC0415

    properties = {key: value for key, value in message.properties.items() if key not in {"expiration", "user_id"}}
    headers = dict(properties.pop("application_headers", None) or {})
    kept = {key: value for key, value in headers.items() if key not in _MARKS}
    copy = amqp.Message(message.body, application_headers=kept, **properties | {"delivery_mode": 2})
    channel.basic_publish(copy, exchange="", routing_key=queue, mandatory=True, timeout=SECONDS)


# What the dead letters wrote on a message, or the broker itself: a second life begins without them.
_MARKS = frozenset({
    "x-reason", "x-source-queue", "x-routing-key", "x-tries", "x-died-at", "x-death", "x-delivery-count",
    "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason", "x-last-death-exchange",
    "x-last-death-queue", "x-last-death-reason", "x-opt-rabbitmq-received-time", "x-stream-offset",
})  # fmt: skip
