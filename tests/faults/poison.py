"""Messages that nobody can apply, published among the good ones."""

from __future__ import annotations

import json
import shlex

from tests.faults.fault import Fault

# With the administrator's rights and a confirm; while the broker is away, again and again.
_PUBLISH = """
import sys, time, uuid; sys.path.insert(0, "/usr/local/lib/longhouse")
import amqp
from lhctl.errors import RefusedError
from lhctl.layout import Layout
from lhctl.messaging import broker
key, body = sys.argv[1:]
body, end = body.replace("AN-ID", str(uuid.uuid4())), time.monotonic() + 60
while True:
    try:
        with broker.channel(broker.password(Layout())) as channel:
            message = amqp.Message(body, message_id=str(uuid.uuid4()), type=key, delivery_mode=2)
            channel.basic_publish(message, exchange="events", routing_key=key, mandatory=True, timeout=10)
        break
    except RefusedError:
        if time.monotonic() > end:
            raise
        time.sleep(1)
"""
_UNKNOWN = {
    "specversion": "1.0",
    "id": "AN-ID",
    "source": "/longhouse/order",
    "type": "order.placed.v9",
    "time": "2026-01-31T12:00:00Z",
    "subject": "x",
    "dataschema": "urn:x",
    "data": {"total": 1},
}


def poison(name: str, key: str, body: str, reason: str) -> Fault:
    """One message; what is told of it among the dead letters begins with ``reason``."""
    return Fault(
        f"poison: {name}", shlex.join(["python3", "-c", _PUBLISH, key, body]), weight=4, poison=reason
    )  # fmt: skip


POISON = (
    poison("unknown version", "order.placed.v9", json.dumps(_UNKNOWN), "unknown version: order.placed.v9"),
    poison("unreadable body", "order.placed.v1", '{"specversion": "1.0", "id":', "undecodable: "),
    poison(
        "data missing",
        "order.placed.v1",
        json.dumps(_UNKNOWN | {"type": "order.placed.v1"}),
        "undecodable: data.",
    ),
)
