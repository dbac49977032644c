"""Projection of the catalogue for role rabbitmq: users, rights, exchanges, queues and bindings.

Names and arguments are those of chassis.messaging.topology, which the services' tests declare; a unit test compares.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

VHOST = "longhouse"
EXCHANGES = {"events": "topic", "dead": "direct", "tasks": "topic"}
STREAM = "events.stream"
STREAM_ARGUMENTS = {"x-queue-type": "stream", "x-max-age": "30D", "x-max-length-bytes": 2_000_000_000}
# Looking at a dead message must not use up deliveries until the broker drops it.
DEAD_ARGUMENTS = {"x-queue-type": "quorum", "x-delivery-limit": -1}
SALT_BYTES = 4


def topology(services: Sequence[Mapping[str, Any]], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Everything the broker shall hold.

    Returns ``{"vhost", "users": {name: password hash}, "permissions": {name: {configure, write, read}}, "exchanges":
    {name: type}, "queues": {name: arguments}, "bindings": [[exchange, queue, key]], "keep": [retired services],
    "own_vhosts": [services that have a virtual host of their name to themselves]}``, and in "topics" what a user may
    publish to a topic exchange: {name: {exchange: {write, read}}}.
    ``secrets`` holds "<service>/broker_password".
    """
    standing = [service for service in services if service["state"] != "retired"]
    queues: dict[str, dict[str, Any]] = {STREAM: dict(STREAM_ARGUMENTS)}
    bindings = [["events", STREAM, "#"]]
    for service in standing:
        for queue, bound in _sources(service):
            queues[queue] = _arguments(queue, ordered=queue == f"{service['name']}.events")
            queues[f"{queue}.dead"] = dict(DEAD_ARGUMENTS)
            bindings += [[*binding] for binding in bound] + [["dead", f"{queue}.dead", queue]]
    return {
        "vhost": VHOST,
        "users": {s["name"]: password_hash(s["name"], secrets[f"{s['name']}/broker_password"]) for s in standing},
        "permissions": {service["name"]: _rights(service) for service in standing if not _apart(service)},
        "topics": {service["name"]: _topics(service) for service in standing if not _apart(service)},
        "exchanges": dict(EXCHANGES),
        "queues": queues,
        "bindings": bindings,
        "keep": [service["name"] for service in services if service["state"] == "retired"],
        "own_vhosts": [service["name"] for service in standing if _apart(service)],
    }


def password_hash(name: str, password: str) -> str:
    """The password as RabbitMQ stores it: base64(salt + SHA-256(salt + password)).

    The salt follows from name and password, so that the same secret always gives the same hash and a run can see that
    nothing changed; passwords are 256 random bits, against which no table helps.
    """
    salt = hashlib.sha256(f"{name}\0{password}".encode()).digest()[:SALT_BYTES]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _apart(service: Mapping[str, Any]) -> bool:
    return bool(service["vhost"] != VHOST)


def _sources(service: Mapping[str, Any]) -> Iterable[tuple[str, list[tuple[str, str, str]]]]:
    """Queues a service consumes from, each with its bindings."""
    if _apart(service):
        return
    queue = f"{service['name']}.events"
    if service["events"]["subscribes"]:
        yield queue, [("events", queue, _key(pattern)) for pattern in service["events"]["subscribes"]]
    for task_queue in service["queues"]:
        yield task_queue, [("tasks", task_queue, task_queue)]


def _key(pattern: str) -> str:
    """``user.*`` means every event of user, whose types have three words; AMQP's ``*`` is one word."""
    return pattern.removesuffix("*") + "#" if pattern.endswith(".*") else pattern


def _arguments(queue: str, *, ordered: bool) -> dict[str, Any]:
    """Arguments of a queue that services consume from; a full one refuses, and the outbox keeps the event."""
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 8,
        "x-dead-letter-exchange": "dead",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 100_000,
    }
    return arguments | {"x-single-active-consumer": True} if ordered else arguments


def _rights(service: Mapping[str, Any]) -> dict[str, str]:
    """Regular expressions of what a service may do: consume from its own queues, publish where it has business."""
    consumes = bool(service["events"]["subscribes"] or service["queues"])
    writes = [
        name
        for name, needed in (
            ("events", service["events"]["publishes"]), ("dead", consumes), ("tasks", service["queues"]),
        )
        if needed
    ]  # fmt: skip
    return {
        "configure": "^$",
        "write": f"^({'|'.join(writes)})$" if writes else "^$",
        "read": rf"^{service['name']}\." if consumes else "^$",
    }


def _topics(service: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Routing keys: only its own events, so that no service speaks in another's name, and only its own tasks."""
    keys = {"events": service["events"]["publishes"], "tasks": service["queues"]}
    return {
        exchange: {"write": f"^({'|'.join(_key_expression(key) for key in keys[exchange])})$", "read": "^$"}
        for exchange in keys
    }


def _key_expression(pattern: str) -> str:
    """``user.*`` as a regular expression; dots are dots."""
    return pattern.removesuffix("*").replace(".", r"\.") + (".*" if pattern.endswith(".*") else "")


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_topology": topology, "rabbitmq_password_hash": password_hash}
