"""Messages that nobody can apply, published among the good ones."""

from __future__ import annotations

import json

from tests.e2e.poison import UNKNOWN_VERSION, publishing
from tests.faults.fault import Fault


def poison(name: str, key: str, body: str, reason: str) -> Fault:
    """One message; what is told of it among the dead letters begins with ``reason``."""
    return Fault(f"poison: {name}", publishing(key, body), weight=4, poison=reason)


POISON = (
    poison("unknown version", "order.placed.v9", json.dumps(UNKNOWN_VERSION), "unknown version: order.placed.v9"),
    poison("unreadable body", "order.placed.v1", '{"specversion": "1.0", "id":', "undecodable: "),
    poison(
        "data missing",
        "order.placed.v1",
        json.dumps(UNKNOWN_VERSION | {"type": "order.placed.v1"}),
        "undecodable: data.",
    ),
)
