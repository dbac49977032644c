"""Messages that nobody can apply, published as any other."""

from __future__ import annotations

import shlex

# Each time it is published, another id takes this one's place.
ID = "AN-ID"
# An event in a version that no subscriber knows.
UNKNOWN_VERSION = {
    "specversion": "1.0",
    "id": ID,
    "source": "/longhouse/order",
    "type": "order.placed.v9",
    "time": "2026-01-31T12:00:00Z",
    "subject": "x",
    "dataschema": "urn:x",
    "data": {"total": 1},
}
# With the administrator's rights and a confirm; while the broker is away, again and again.
_PUBLISH = f"""
import sys, time, uuid; sys.path.insert(0, "/usr/local/lib/longhouse")
import amqp
from lhctl.errors import RefusedError
from lhctl.layout import Layout
from lhctl.messaging import broker
key, body = sys.argv[1:]
id, end = str(uuid.uuid4()), time.monotonic() + 60
body = body.replace("{ID}", id)
while True:
    try:
        with broker.channel(broker.password(Layout())) as channel:
            message = amqp.Message(body, message_id=id, type=key, content_type="application/json", delivery_mode=2)
            channel.basic_publish(message, exchange="events", routing_key=key, mandatory=True, timeout=10)
        break
    except RefusedError:
        if time.monotonic() > end:
            raise
        time.sleep(1)
print(id)
"""


def publishing(key: str, body: str) -> str:
    """The command that publishes ``body`` on a host; it prints the id of the message, which is also its envelope's."""
    return shlex.join(["python3", "-c", _PUBLISH, key, body])
